//! Literals of the wrong kind: found here, the message can say what to write.

use syn::{Error, Expr, Lit, UnOp};

use super::{Kind, Row, SERIALIZERS};

/// Checks what an option was set to as far as it consists of literals.
///
/// # Errors
/// A literal is of the wrong kind; the error says which one is right, with an example.
pub(super) fn check(row: &Row, value: &Expr) -> Result<(), Error> {
    if row.kind == Kind::Serializer {
        return check_serializer(row, value);
    }
    match value {
        Expr::Array(array) if is_list(row.kind) => {
            array.elems.iter().try_for_each(|element| check_one(row, element, is_element))
        }
        value => check_one(row, value, is_whole),
    }
}

fn check_one(row: &Row, value: &Expr, fits: fn(Kind, &Lit) -> bool) -> Result<(), Error> {
    let fits = match value {
        Expr::Lit(literal) => fits(row.kind, &literal.lit),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => false,
        Expr::Paren(inner) => return check_one(row, &inner.expr, fits),
        Expr::Group(inner) => return check_one(row, &inner.expr, fits),
        _ => true,
    };
    if fits { Ok(()) } else { Err(wrong(row, value)) }
}

fn check_serializer(row: &Row, value: &Expr) -> Result<(), Error> {
    let is_known = matches!(value, Expr::Lit(literal)
        if matches!(&literal.lit, Lit::Str(name) if SERIALIZERS.contains(&name.value().as_str())));
    if is_known { Ok(()) } else { Err(wrong(row, value)) }
}

fn wrong(row: &Row, value: &Expr) -> Error {
    let expected = expectation(row.kind);
    Error::new_spanned(value, format!("`{}` takes {expected}: write `{}`", row.name, row.example))
}

fn is_list(kind: Kind) -> bool {
    matches!(kind, Kind::RetryDelay | Kind::Words | Kind::Hooks)
}

/// Whether a literal can be the whole value.
fn is_whole(kind: Kind, literal: &Lit) -> bool {
    match kind {
        Kind::Text | Kind::RunName | Kind::Storage | Kind::Serializer => matches!(literal, Lit::Str(_)),
        Kind::Boolean => matches!(literal, Lit::Bool(_)),
        Kind::Count => matches!(literal, Lit::Int(_)),
        Kind::Factor => matches!(literal, Lit::Float(_)),
        Kind::Policy | Kind::KeyFunction | Kind::Duration => false,
        Kind::RetryDelay | Kind::Words | Kind::Hooks | Kind::Items | Kind::Flag => false,
    }
}

/// Whether a literal can be an element of the value.
fn is_element(kind: Kind, literal: &Lit) -> bool {
    kind == Kind::Words && matches!(literal, Lit::Str(_))
}

fn expectation(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "a text",
        Kind::RunName => "a text with arguments in braces, or a function of `&Parameters`",
        Kind::Policy => "a cache policy",
        Kind::KeyFunction => "a function of `&TaskRunContext` and `&Parameters`",
        Kind::Duration => "a `Duration`",
        Kind::Boolean => "`true` or `false`",
        Kind::Storage => "a folder's path or a storage",
        Kind::Serializer => "\"cbor\", \"json\", \"compressed/cbor\" or \"compressed/json\"",
        Kind::Count => "a whole number, 0 or more",
        Kind::RetryDelay => "a `Duration`, an array of them, or `exponential(Duration)`",
        Kind::Factor => "a number with a fraction, 0.0 or more",
        Kind::Words => "an array of texts",
        Kind::Hooks => "a function of `&HookContext`, or an array of them",
        Kind::Items => "names of items",
        Kind::Flag => "nothing",
    }
}
