//! The call with its arguments, and the user's body.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

use super::expansion::Expansion;
use super::generics::written;
use crate::attribute::Attribute;
use crate::function::Lifetimes;

/// The attributes that are about the body.
const LINTS: [&str; 5] = ["allow", "warn", "deny", "forbid", "expect"];

impl Expansion {
    /// `bind`: the arguments become a call.
    pub(super) fn bind(&self) -> TokenStream {
        let head = self.member_head("The call with these arguments, not yet run.");
        let (bind, table, definition) = (self.member("bind"), self.member("table"), self.member(self.attribute.name()));
        let (generics, conditions) = written(&self.generics_of_call());
        let parameters = self.parameters(Lifetimes::OfCall);
        let (call_type, call) = self.call_type();
        let (places, arguments) = (self.places(), self.function.arguments.iter().map(|argument| &argument.ident));
        let nested_body = (!self.is_associated).then(|| self.body());
        let (run, turbofish) = (self.run_body(&places), self.turbofish());
        quote! {
            #head fn #bind #generics(#(#parameters),*) -> #call_type #conditions {
                #nested_body
                #call::new(Self::#definition(), Self::#table #turbofish(), |(#(#places,)*)| #run, (#(#arguments,)*))
            }
        }
    }

    /// The parameters of a function that takes what the user's takes.
    pub(super) fn parameters(&self, lifetimes: Lifetimes) -> Vec<TokenStream> {
        self.function.arguments.iter().map(|argument| argument.as_parameter(lifetimes)).collect()
    }

    /// The type of a call with its arguments, and its path.
    fn call_type(&self) -> (TokenStream, TokenStream) {
        let (arguments, output) = (self.arguments_type(), self.output_type(Lifetimes::OfCall));
        let name = match (self.attribute, self.function.is_async()) {
            (Attribute::Task, false) => "Call",
            (Attribute::Task, true) => "AsyncCall",
            (Attribute::Flow, false) => "FlowCall",
            (Attribute::Flow, true) => "AsyncFlowCall",
        };
        let name = Ident::new(name, Span::call_site());
        let path = quote!(::keepwell::__private::#name);
        let lifetime = self.function.is_async().then(|| Lifetimes::OfCall.lifetime()).into_iter();
        (quote!(#path<#(#lifetime,)* #arguments, #output>), path)
    }

    /// Calls the body.
    fn run_body(&self, places: &[Ident]) -> TokenStream {
        let (body, turbofish) = (self.body_name(), self.turbofish());
        let owner = self.is_associated.then(|| quote!(Self::));
        let run = quote!(#owner #body #turbofish(#(#places),*));
        if self.function.is_async() {
            // An error that the future is not `Send` is shown at the function's name.
            let span = Span::mixed_site().located_at(self.function.name().span());
            quote_spanned!(span=> ::std::boxed::Box::pin(#run))
        } else {
            run
        }
    }

    fn body_name(&self) -> Ident {
        match self.is_associated {
            true => format_ident!("__{}_body", self.function.name(), span = Span::call_site()),
            false => Ident::new("__body", Span::call_site()),
        }
    }

    /// The user's function under another name, private.
    pub(super) fn body(&self) -> TokenStream {
        let head = self.sibling_head();
        let lints = self.function.attributes(&LINTS);
        let mut signature = self.function.item.sig.clone();
        signature.ident = self.body_name();
        let block = self.function.item.block.to_token_stream();
        quote!(#head #(#lints)* #signature #block)
    }
}
