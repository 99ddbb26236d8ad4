//! What the options ask of types, as statements that only compile if the types have it.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::expansion::Expansion;
use crate::attribute::Attribute;
use crate::check::{excluded, has_inputs};
use crate::function::{Argument, Lifetimes, kept_type, span_of};

impl Expansion {
    /// The statements. They find the traits of `choices` in scope.
    pub(super) fn requirements(&self) -> Vec<TokenStream> {
        let output = [self.keeps(), self.has_room()];
        output.into_iter().flatten().chain(self.hashes()).chain(self.clones()).collect()
    }

    fn keeps(&self) -> Option<TokenStream> {
        let is_asked = self.attribute == Attribute::Task && self.options.keep();
        is_asked.then(|| {
            let (span, output) = (span_of(kept_type(&self.function.output)), self.output_type(Lifetimes::OfCall));
            quote_spanned! { span=>
                ::keepwell::__private::require_keeps(
                    (&&&&&&::keepwell::__private::Probe::<#output>::new()).keeps()
                );
            }
        })
    }

    fn has_room(&self) -> Option<TokenStream> {
        self.options.get("timeout")?;
        let (span, output) = (span_of(&self.function.output), self.output_type(Lifetimes::OfCall));
        Some(quote_spanned! { span=>
            ::keepwell::__private::require_room((&&::keepwell::__private::Probe::<#output>::new()).has_room());
        })
    }

    fn hashes(&self) -> Vec<TokenStream> {
        let policy = self.options.expression("cache_policy").filter(|policy| has_inputs(policy));
        let Some(policy) = policy else { return Vec::new() };
        let left_out: Vec<String> = excluded(policy).into_iter().map(syn::LitStr::value).collect();
        let hash = |argument: &Argument| {
            let (span, ty) = (span_of(&argument.ty), Lifetimes::OfCall.of(&argument.ty));
            quote_spanned! { span=>
                ::keepwell::__private::require_hashes((&&&::keepwell::__private::Probe::<#ty>::new()).hashes());
            }
        };
        self.function.arguments.iter().filter(|argument| !left_out.contains(&argument.name)).map(hash).collect()
    }

    fn clones(&self) -> Vec<TokenStream> {
        let clone = |argument: &Argument| {
            let (span, ty) = (span_of(&argument.ty), Lifetimes::OfCall.of(&argument.ty));
            quote_spanned! { span=>
                ::keepwell::__private::require_clones((&&::keepwell::__private::Probe::<#ty>::new()).clones());
            }
        };
        let arguments = if self.options.retry() { &self.function.arguments[..] } else { &[] };
        arguments.iter().map(clone).collect()
    }
}
