//! The options that were given.

use proc_macro2::Span;
use syn::{Expr, Lit, Type};

use super::{Kind, Row};

/// One option as it was given.
pub(crate) struct Given {
    /// Which one.
    pub(crate) row: &'static Row,
    /// Where its name stands.
    pub(crate) span: Span,
    /// What it was set to.
    pub(crate) value: Value,
}

/// What an option was set to.
pub(crate) enum Value {
    /// `name = expression`
    Expression(Expr),
    /// `name(Item, …)`
    Items(Vec<Type>),
    /// `name`
    Flag,
}

/// The options that were given, in the order in which they were.
pub(crate) struct Options(pub(crate) Vec<Given>);

impl Options {
    /// The option of this name, if it was given.
    pub(crate) fn get(&self, name: &str) -> Option<&Given> {
        self.0.iter().find(|given| given.row.name == name)
    }

    /// What the option of this name was set to, if it was given.
    pub(crate) fn expression(&self, name: &str) -> Option<&Expr> {
        match &self.get(name)?.value {
            Value::Expression(expression) => Some(expression),
            Value::Items(_) | Value::Flag => None,
        }
    }

    /// The option that names runs, if it was given.
    pub(crate) fn run_name(&self) -> Option<&Expr> {
        let given = self.0.iter().find(|given| given.row.kind == Kind::RunName)?;
        self.expression(given.row.name)
    }

    /// The items that the code depends on.
    pub(crate) fn depends_on(&self) -> &[Type] {
        match self.get("depends_on").map(|given| &given.value) {
            Some(Value::Items(items)) => items,
            Some(Value::Expression(_) | Value::Flag) | None => &[],
        }
    }

    /// Whether the option of this name was set to the literal `value`.
    fn is_literally(&self, name: &str, value: bool) -> bool {
        matches!(self.expression(name), Some(Expr::Lit(literal)) if matches!(&literal.lit, Lit::Bool(given) if given.value == value))
    }

    /// Whether it is plain that nothing is ever kept.
    pub(crate) fn never_keep(&self) -> bool {
        self.refuse_persistence() || self.no_policy()
    }

    /// Whether the policy is plainly none: `NO_CACHE` or `NONE`.
    pub(crate) fn no_policy(&self) -> bool {
        let Some(Expr::Path(path)) = self.expression("cache_policy") else { return false };
        path.path.segments.last().is_some_and(|last| last.ident == "NO_CACHE" || last.ident == "NONE")
    }

    /// Whether it is plain that results are to be kept.
    pub(crate) fn keep(&self) -> bool {
        let asking = ["cache_policy", "cache_key_fn", "result_storage", "result_serializer"];
        !self.never_keep()
            && (asking.iter().any(|name| self.get(name).is_some()) || self.is_literally("persist_result", true))
    }

    /// Whether it is plain that calls are retried.
    pub(crate) fn retry(&self) -> bool {
        self.expression("retries").is_some_and(|retries| {
            !matches!(retries, Expr::Lit(literal) if matches!(&literal.lit, Lit::Int(number) if number.base10_digits() == "0"))
        })
    }

    /// Whether `persist_result = false` was given.
    pub(crate) fn refuse_persistence(&self) -> bool {
        self.is_literally("persist_result", false)
    }
}
