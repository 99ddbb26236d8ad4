//! The table: what can be done with the arguments and the return value, by their types.

use proc_macro2::TokenStream;
use quote::quote;

use super::expansion::Expansion;
use super::generics::written;
use crate::attribute::Attribute;
use crate::function::{Lifetimes, Look, borrows, kept_type};

impl Expansion {
    /// `table`.
    pub(super) fn table(&self) -> TokenStream {
        let (head, table) = (self.sibling_head(), self.member("table"));
        let (generics, conditions) = written(&self.generics_of_call());
        let (arguments, output) = (self.arguments_type(), self.output_type(Lifetimes::OfCall));
        let (run_name, requirements, codec) = (self.run_name(), self.requirements(), self.codec());
        let (inputs, parameters) = (self.inputs_field(), self.parameters_field());
        let (are_clonable, try_clone) = (self.are_clonable_field(), self.try_clone_field());
        quote! {
            #head fn #table #generics() -> ::keepwell::__private::CallTable<#arguments, #output> #conditions {
                let run_name: ::core::option::Option<fn(&#arguments) -> ::std::string::String> = #run_name;
                {
                    use ::keepwell::__private::choices::*;
                    #(#requirements)*
                    let (encode, decode) = #codec;
                    ::keepwell::__private::CallTable {
                        inputs: #inputs,
                        parameters: #parameters,
                        run_name,
                        are_clonable: #are_clonable,
                        try_clone: #try_clone,
                        returned: ::keepwell::__private::ReturnTable {
                            failure: (&&&::keepwell::__private::Probe::<#output>::new()).failure(),
                            encode,
                            decode,
                            refuse: (&&::keepwell::__private::Probe::<#output>::new()).refuse(),
                        },
                    }
                }
            }
        }
    }

    fn codec(&self) -> TokenStream {
        let output = self.output_type(Lifetimes::OfCall);
        let is_kept = match self.attribute {
            Attribute::Task => !borrows(kept_type(&self.function.output)),
            Attribute::Flow => false,
        };
        if is_kept {
            quote!((&&&&&&::keepwell::__private::Probe::<#output>::new()).return_codec())
        } else {
            quote!(::keepwell::__private::refusing_codec::<#output>())
        }
    }

    fn inputs_field(&self) -> TokenStream {
        let (places, names) = (self.places(), self.function.argument_names());
        let generics = self.generic_inputs();
        quote! {
            |arguments, builder| {
                let (#(#places,)*) = arguments;
                #(builder.input(#names, |hasher| {
                    (&&&::keepwell::__private::Probe::of(#places)).write_key()(#places, #names, hasher)
                });)*
                #generics
                let _ = builder;
            }
        }
    }

    /// What tells the instances of a generic function apart. Users cannot leave it out, for it is no argument.
    fn generic_inputs(&self) -> TokenStream {
        let generics = &self.function.item.sig.generics;
        let types = generics.type_params().map(|parameter| {
            let (ty, name) = (&parameter.ident, format!("<{}>", parameter.ident));
            quote!(::keepwell::__private::type_input::<#ty>(builder, #name);)
        });
        let constants = generics.const_params().map(|parameter| {
            let (constant, name) = (&parameter.ident, format!("<{}>", parameter.ident));
            quote!(::keepwell::__private::constant_input(builder, #name, &#constant);)
        });
        let owner = self.is_associated.then(|| quote!(::keepwell::__private::type_input::<Self>(builder, "<Self>");));
        quote!(#(#types)* #(#constants)* #owner)
    }

    fn parameters_field(&self) -> TokenStream {
        let places = self.places();
        let generic = self.function.type_parameters();
        let with = self.function.arguments.iter().zip(&places).map(|(argument, place)| {
            let name = &argument.name;
            match Look::at(&argument.ty, &generic) {
                Look::Text => quote!(.with_text(#name, #place)),
                Look::Behind => quote!(.with(#name, (&&::keepwell::__private::Probe::of(*#place)).any()(*#place))),
                Look::Owned => quote!(.with(#name, (&&::keepwell::__private::Probe::of(#place)).any()(#place))),
                Look::Not => quote!(.with(#name, ::core::option::Option::None)),
            }
        });
        quote! {
            |arguments| {
                #[allow(unused_variables)]
                let (#(#places,)*) = arguments;
                ::keepwell::__private::Parameters::new() #(#with)*
            }
        }
    }

    fn are_clonable_field(&self) -> TokenStream {
        let places = self.places();
        quote! {
            |arguments| {
                let (#(#places,)*) = arguments;
                true #(&& (&&::keepwell::__private::Probe::of(#places)).cloner().is_some())*
            }
        }
    }

    fn try_clone_field(&self) -> TokenStream {
        let places = self.places();
        quote! {
            |arguments| {
                let (#(#places,)*) = arguments;
                ::core::option::Option::Some((#((&&::keepwell::__private::Probe::of(#places)).cloner()?(#places),)*))
            }
        }
    }
}
