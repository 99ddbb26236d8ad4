//! Handing calls to worker threads.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Type;

use super::expansion::Expansion;
use super::generics::written;
use crate::function::{Argument, Lifetimes};

const SUBMIT: &str =
    "Has a worker thread run the task. Each input is a value, or the future of a task that returns one.";
const MAP: &str = "Submits the task once for each argument, or tuple of arguments, in `inputs`.";

impl Expansion {
    /// `submit` and `map`.
    pub(super) fn submission(&self) -> TokenStream {
        let (submit, map) = (self.submit(), self.map());
        quote!(#submit #map)
    }

    fn submit(&self) -> TokenStream {
        let head = self.submission_head(SUBMIT);
        let (submit, bind, table) = (self.member("submit"), self.member("bind"), self.member("table"));
        let (generics, conditions) = written(&self.generics_of_submission());
        let (receiver, inputs, output) = (self.receiver(), self.inputs(), self.output_type(Lifetimes::Static));
        let (names, turbofish) = (self.input_names(), self.turbofish());
        let types = self.input_arguments().map(|argument| Lifetimes::Static.of(&argument.ty));
        let parameters =
            receiver.iter().cloned().chain(names.iter().zip(&inputs).map(|(name, input)| quote!(#name: #input)));
        let itself = self.function.receiver().map(|argument| &argument.ident).into_iter();
        quote! {
            #head fn #submit #generics(#(#parameters),*) -> ::keepwell::__private::TaskFuture<#output> #conditions {
                #(let #names = <_ as ::keepwell::__private::IntoInput<#types>>::into_input(#names);)*
                ::keepwell::__private::submit(
                    move || ::core::result::Result::Ok(Self::#bind #turbofish(#(#itself,)* #(#names.resolve()?),*)),
                    Self::#table #turbofish().returned.refuse,
                )
            }
        }
    }

    /// Not for methods that take `self` by value, which could be submitted only once.
    fn map(&self) -> Option<TokenStream> {
        if self.function.receiver().is_some_and(|receiver| !matches!(receiver.ty, Type::Reference(_))) {
            return None;
        }
        let head = self.submission_head(MAP);
        let (map, submit) = (self.member("map"), self.member("submit"));
        let (generics, conditions) = written(&self.generics_of_submission());
        let (inputs, output, turbofish) = (self.inputs(), self.output_type(Lifetimes::Static), self.turbofish());
        let names = self.input_names();
        let (item, pattern) = match (&inputs[..], &names[..]) {
            ([input], [name]) => (quote!(#input), quote!(#name)),
            _ => (quote!((#(#inputs),*)), quote!((#(#names),*))),
        };
        let parameters =
            self.receiver().into_iter().chain([quote!(inputs: impl ::core::iter::IntoIterator<Item = #item>)]);
        let itself = self.function.receiver().map(|argument| &argument.ident).into_iter();
        Some(quote! {
            #head fn #map #generics(#(#parameters),*)
                -> ::std::vec::Vec<::keepwell::__private::TaskFuture<#output>> #conditions
            {
                ::core::iter::Iterator::collect(::core::iter::Iterator::map(
                    ::core::iter::IntoIterator::into_iter(inputs),
                    |#pattern| Self::#submit #turbofish(#(#itself,)* #(#names),*),
                ))
            }
        })
    }

    /// What stands in front. A type parameter that is sent has bounds where it is declared and where it is sent.
    fn submission_head(&self, doc: &str) -> TokenStream {
        let head = self.member_head(doc);
        if self.function.type_parameters().is_empty() {
            return head;
        }
        quote!(#[allow(clippy::multiple_bound_locations)] #head)
    }

    /// The receiver as a parameter.
    fn receiver(&self) -> Option<TokenStream> {
        self.function.receiver()?;
        self.parameters(Lifetimes::Static).into_iter().next()
    }

    /// The arguments but for the receiver.
    fn input_arguments(&self) -> impl Iterator<Item = &Argument> {
        self.function.arguments.iter().filter(|argument| !argument.is_receiver)
    }

    fn input_names(&self) -> Vec<Ident> {
        self.input_arguments().map(|argument| argument.ident.clone()).collect()
    }

    /// The type of each input.
    fn inputs(&self) -> Vec<TokenStream> {
        let input = |argument: &Argument| {
            let ty = Lifetimes::Static.of(&argument.ty);
            quote!(impl ::keepwell::__private::IntoInput<#ty>)
        };
        self.input_arguments().map(input).collect()
    }
}
