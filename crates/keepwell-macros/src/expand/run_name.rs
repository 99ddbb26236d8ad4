//! The names of runs: from a text with arguments in braces, or from a function.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Expr, ExprLit, Lit, LitStr};

use super::expansion::Expansion;

impl Expansion {
    /// The field `run_name` of the table.
    pub(super) fn run_name(&self) -> TokenStream {
        match self.options.run_name() {
            None => quote!(::core::option::Option::None),
            Some(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => {
                let name = self.formatted(text);
                quote!(::core::option::Option::Some(#name))
            }
            Some(function) => {
                let (table, turbofish) = (self.member("table"), self.turbofish());
                quote! {
                    ::core::option::Option::Some(|arguments| {
                        ::keepwell::__private::run_name(&(Self::#table #turbofish().parameters)(arguments), #function)
                    })
                }
            }
        }
    }

    fn formatted(&self, text: &LitStr) -> TokenStream {
        let names = self.function.arguments.iter().map(|argument| {
            let name = &argument.ident;
            if argument.is_receiver { quote!(_) } else { quote!(#name) }
        });
        quote! {
            |arguments| {
                #[allow(unused_variables)]
                let (#(#names,)*) = arguments;
                ::std::format!(#text)
            }
        }
    }
}

/// The arguments that a text has in braces.
pub(crate) fn arguments(text: &str) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        rest = &rest[start + 1..];
        if let Some(escaped) = rest.strip_prefix('{') {
            rest = escaped;
            continue;
        }
        let end = rest.find('}').unwrap_or(rest.len());
        let name = rest[..end].split(':').next().unwrap_or_default();
        arguments.push(name.trim().to_owned());
        rest = &rest[end..];
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_stand_in_braces_with_or_without_a_format() {
        assert_eq!(arguments("{day}: {{kept}} {share:.2} {list:?} {}"), ["day", "share", "list", ""]);
        assert!(arguments("load").is_empty());
        assert_eq!(arguments("open {day"), ["day"]);
    }
}
