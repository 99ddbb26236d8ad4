//! The definition: made when it is first asked for, the same for all instances of a generic function.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;

use super::expansion::Expansion;
use crate::attribute::Attribute;
use crate::source::depends_on;

impl Expansion {
    /// `task` or `flow`: the definition.
    pub(super) fn definition(&self) -> TokenStream {
        let kind = self.attribute.name();
        let head = self.member_head(&format!("The {kind}'s definition: its options, and what they amount to."));
        let member = self.member(kind);
        let (ty, new) = match self.attribute {
            Attribute::Task => (quote!(::keepwell::__private::Task), self.new_task()),
            Attribute::Flow => (quote!(::keepwell::__private::Flow), self.new_flow()),
        };
        quote! {
            #[must_use]
            #head fn #member() -> &'static #ty {
                static __DEFINITION: ::keepwell::__private::OnceLock<#ty> = ::keepwell::__private::OnceLock::new();
                __DEFINITION.get_or_init(|| #new)
            }
        }
    }

    fn new_task(&self) -> TokenStream {
        let (name, set) = (self.name(), self.set_options());
        let arguments = self.function.argument_names();
        let depends_on = depends_on::list(self.options.depends_on());
        let own = if self.is_associated {
            let digest = &self.digest;
            quote!(#digest)
        } else {
            quote!(<Self as ::keepwell::__private::Source>::SOURCE)
        };
        quote! {
            ::keepwell::__private::Task::new(
                #name,
                &[#(#arguments),*],
                ::keepwell::__private::Code::new(#own, #depends_on),
                #set,
            )
        }
    }

    fn new_flow(&self) -> TokenStream {
        let (name, set) = (self.name(), self.set_options());
        quote!(::keepwell::__private::Flow::new(#name, #set))
    }

    fn name(&self) -> String {
        self.function.name().unraw().to_string()
    }

    fn set_options(&self) -> TokenStream {
        let options = Ident::new("options", Span::mixed_site());
        let statements = self.settings(&options);
        if statements.is_empty() { quote!(|_| {}) } else { quote!(|#options| { #(#statements)* }) }
    }
}
