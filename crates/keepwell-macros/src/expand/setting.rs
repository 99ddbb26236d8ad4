//! From an option as it was given to the statement that sets it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Expr, Path};

use super::expansion::Expansion;
use crate::options::{Given, Kind, Value};

impl Expansion {
    /// The statements that set the fields of `options`.
    pub(super) fn settings(&self, options: &Ident) -> Vec<TokenStream> {
        self.options.0.iter().filter_map(|given| setting(options, given)).collect()
    }
}

/// The statement that sets an option. None for options that are no fields.
fn setting(options: &Ident, given: &Given) -> Option<TokenStream> {
    let value = match &given.value {
        Value::Expression(value) => value,
        Value::Items(_) | Value::Flag => return None,
    };
    let field = Ident::new(given.row.name, Span::call_site());
    let private = quote!(::keepwell::__private);
    let some = |value: TokenStream| Some(quote!(#options.#field = ::core::option::Option::Some(#value);));
    match given.row.kind {
        Kind::Text if given.row.name == "name" => {
            Some(quote!(#options.#field = <#private::Arc<str> as ::core::convert::From<_>>::from(#value);))
        }
        Kind::Text => some(quote!(<#private::Arc<str> as ::core::convert::From<_>>::from(#value))),
        Kind::Policy | Kind::Duration | Kind::Boolean | Kind::Count | Kind::Factor => some(quote!(#value)),
        Kind::KeyFunction => {
            let name = name_of_function(value, given);
            some(quote!(#private::cache_key_fn(#name, #value)))
        }
        Kind::Storage => some(quote!(<#private::StorageLocation as ::core::convert::From<_>>::from(#value))),
        Kind::Serializer => some(quote!(#private::serializer(#value))),
        Kind::RetryDelay => some(retry_delay(value)),
        Kind::Words => Some(quote!(#options.#field = #private::words(#value);)),
        Kind::Hooks => Some(hooks(options, given, value)),
        Kind::RunName | Kind::Items | Kind::Flag => None,
    }
}

fn retry_delay(value: &Expr) -> TokenStream {
    match value {
        Expr::Call(call) if matches!(&*call.func, Expr::Path(path) if path.path.is_ident("exponential")) => {
            let first = &call.args;
            quote!(::keepwell::__private::RetryDelay::Exponential(#first))
        }
        value => quote!(::keepwell::__private::IntoRetryDelay::into_retry_delay(#value)),
    }
}

fn hooks(options: &Ident, given: &Given, value: &Expr) -> TokenStream {
    let field = format_ident!("{}", given.row.name.trim_start_matches("on_"));
    let functions: Vec<&Expr> = match value {
        Expr::Array(array) => array.elems.iter().collect(),
        function => vec![function],
    };
    let names = functions.iter().map(|function| name_of_function(function, given));
    quote!(#(#options.hooks.#field.push(::keepwell::__private::hook(#names, #functions));)*)
}

/// What a function is called in messages: its own name, or the option's for a closure.
fn name_of_function(function: &Expr, given: &Given) -> String {
    let last = |path: &Path| path.segments.last().map(|last| last.ident.to_string());
    match function {
        Expr::Path(path) => last(&path.path),
        _ => None,
    }
    .unwrap_or_else(|| given.row.name.to_owned())
}
