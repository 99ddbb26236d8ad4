//! Options against each other, and against the function.

use syn::visit::{self, Visit};
use syn::{BinOp, Error, Expr, ExprBinary, ExprLit, Lit, LitStr, PathSegment};

use crate::attribute::Attribute;
use crate::diagnostics::{Diagnostics, did_you_mean, quoted};
use crate::expand::run_name;
use crate::function::{Function, borrows, is_result, kept_type};
use crate::options::Options;

/// Checks that the options agree with each other and with the function.
///
/// # Errors
/// They do not; each error says what to write instead.
pub(crate) fn check(attribute: Attribute, options: &Options, function: &Function) -> Result<(), Error> {
    let mut errors = Diagnostics::default();
    check_conflicts(options, &mut errors);
    check_excluded(options, function, &mut errors);
    check_run_name(options, function, &mut errors);
    check_timeout(options, function, &mut errors);
    match attribute {
        Attribute::Task => check_output(options, function, &mut errors),
        // What a flow returns is never kept.
        Attribute::Flow => {}
    }
    errors.finish()
}

fn check_conflicts(options: &Options, errors: &mut Diagnostics) {
    let (policy, key) = (options.get("cache_policy"), options.get("cache_key_fn"));
    if let (Some(_), Some(key)) = (policy, key) {
        errors.at(
            key.span,
            "`cache_key_fn` and `cache_policy` both say what the key is: keep one, or write \
             `cache_policy = CacheKeyFnPolicy(function) + RUN_ID`",
        );
    }
    let caching = policy.filter(|_| !options.no_policy()).or(key);
    if let Some(given) = caching.filter(|_| options.refuse_persistence()) {
        let name = given.row.name;
        errors.at(
            given.span,
            format!("`persist_result = false` keeps nothing, so `{name}` would do nothing: leave one of them out"),
        );
    }
}

fn check_excluded(options: &Options, function: &Function, errors: &mut Diagnostics) {
    let Some(policy) = options.expression("cache_policy") else { return };
    for literal in excluded(policy) {
        let name = literal.value();
        if !function.argument_names().any(|argument| argument == name) {
            errors.at(literal.span(), no_argument(&name, function));
        }
    }
}

/// That the function has no such argument, and which ones it has.
fn no_argument(name: &str, function: &Function) -> String {
    let advice = did_you_mean(name, function.argument_names());
    let names = quoted(function.argument_names());
    let known = if names.is_empty() { "no arguments" } else { &names };
    format!("the function has no argument `{name}`; {advice}it has {known}")
}

/// The arguments that a policy leaves out, as far as they are literals.
pub(crate) fn excluded(policy: &Expr) -> Vec<&LitStr> {
    let mut excluded = Excluded(Vec::new());
    excluded.visit_expr(policy);
    excluded.0
}

struct Excluded<'ast>(Vec<&'ast LitStr>);

impl<'ast> Visit<'ast> for Excluded<'ast> {
    fn visit_expr_binary(&mut self, binary: &'ast ExprBinary) {
        if let (BinOp::Sub(_), Expr::Lit(ExprLit { lit: Lit::Str(literal), .. })) = (&binary.op, &*binary.right) {
            self.0.push(literal);
        }
        visit::visit_expr_binary(self, binary);
    }
}

/// Whether a policy visibly has the arguments as a part.
pub(crate) fn has_inputs(policy: &Expr) -> bool {
    let mut found = HasInputs(false);
    found.visit_expr(policy);
    found.0
}

struct HasInputs(bool);

impl<'ast> Visit<'ast> for HasInputs {
    fn visit_path_segment(&mut self, segment: &'ast PathSegment) {
        self.0 |= segment.ident == "INPUTS" || segment.ident == "DEFAULT";
        visit::visit_path_segment(self, segment);
    }
}

fn check_run_name(options: &Options, function: &Function, errors: &mut Diagnostics) {
    let Some(Expr::Lit(ExprLit { lit: Lit::Str(literal), .. })) = options.run_name() else { return };
    for name in run_name::arguments(&literal.value()) {
        if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
            errors.at(literal.span(), "name the argument in the braces, as in \"load-{day}\"");
        } else if !function.argument_names().any(|argument| argument == name && argument != "self") {
            errors.at(literal.span(), no_argument(&name, function));
        }
    }
}

fn check_timeout(options: &Options, function: &Function, errors: &mut Diagnostics) {
    let Some(timeout) = options.get("timeout") else { return };
    if !is_result(&function.output) {
        errors.at(
            timeout.span,
            "a `timeout` needs a return type with room for keepwell's error: return `Result<_, keepwell::Error>`, or \
             another error that is `From<keepwell::Error>`",
        );
    }
}

fn check_output(options: &Options, function: &Function, errors: &mut Diagnostics) {
    let kept = kept_type(&function.output);
    if borrows(kept) && !options.never_keep() {
        errors.over(
            kept,
            "a task's result is kept for others, so it cannot borrow: return an owned type, as `String` for `&str`; or \
             let nothing be kept with `persist_result = false`",
        );
    }
}
