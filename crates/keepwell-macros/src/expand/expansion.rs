//! What all pieces of an expansion need: names, types, and the function that users call.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Type, Visibility};

use crate::attribute::Attribute;
use crate::function::{Function, Lifetimes};
use crate::options::Options;
use crate::source::Digest;

/// Everything that is known when code is written.
pub(crate) struct Expansion {
    pub(crate) attribute: Attribute,
    pub(crate) options: Options,
    pub(crate) function: Function,
    pub(crate) digest: Digest,
    /// Whether the function stands in an `impl` block.
    pub(crate) is_associated: bool,
}

impl Expansion {
    /// The function as users call it.
    pub(super) fn outer_function(&self) -> TokenStream {
        let visible = self.function.item.attrs.iter().filter(|attribute| !attribute.path().is_ident("expect"));
        let (visibility, signature) = (&self.function.item.vis, self.function.outer_signature());
        let name = self.function.name();
        let owner = if self.is_associated { quote!(Self) } else { quote!(#name) };
        let (bind, generics) = (self.member("bind"), self.turbofish());
        let arguments = self.function.arguments.iter().map(|argument| &argument.ident);
        let wait = self.function.is_async().then(|| quote!(.await));
        quote! {
            #(#visible)*
            #visibility #signature { #owner::#bind #generics(#(#arguments),*).call() #wait }
        }
    }

    /// The functions beside it.
    pub(super) fn members(&self) -> TokenStream {
        let (definition, table, bind) = (self.definition(), self.table(), self.bind());
        let submission = match self.attribute {
            Attribute::Task => self.submission(),
            Attribute::Flow => TokenStream::new(),
        };
        quote!(#definition #table #bind #submission)
    }

    /// The name of one of the functions beside it.
    pub(super) fn member(&self, name: &str) -> Ident {
        match self.is_associated {
            true => format_ident!("{}_{name}", self.function.name(), span = Span::call_site()),
            false => Ident::new(name, Span::call_site()),
        }
    }

    /// What stands in front of each of them: who may see it, and when it is there.
    pub(super) fn member_head(&self, doc: &str) -> TokenStream {
        let visibility = self.visibility();
        let siblings = self.sibling_head();
        quote!(#siblings #[doc = #doc] #visibility)
    }

    /// Who may see what stands beside the function. A plain `pub` is written anew, so that lints about it speak of the
    /// function alone.
    pub(super) fn visibility(&self) -> TokenStream {
        match &self.function.item.vis {
            Visibility::Public(_) => quote!(pub),
            visibility @ (Visibility::Restricted(_) | Visibility::Inherited) => quote!(#visibility),
        }
    }

    /// What stands in front of a function that only the others call.
    pub(super) fn sibling_head(&self) -> TokenStream {
        let conditions = self.conditions();
        if self.is_associated { quote!(#conditions #[allow(dead_code)]) } else { TokenStream::new() }
    }

    /// The conditions under which the function is compiled.
    pub(super) fn conditions(&self) -> TokenStream {
        let conditions = self.function.attributes(&["cfg"]);
        quote!(#(#conditions)*)
    }

    /// `::<T, N>`, or nothing.
    pub(super) fn turbofish(&self) -> TokenStream {
        let parameters = self.function.turbofish();
        if parameters.is_empty() { TokenStream::new() } else { quote!(::<#(#parameters),*>) }
    }

    /// The type of all arguments together.
    pub(super) fn arguments_type(&self) -> Type {
        let types = self.function.arguments.iter().map(|argument| Lifetimes::OfCall.of(&argument.ty));
        syn::parse_quote!((#(#types,)*))
    }

    /// What the function returns.
    pub(super) fn output_type(&self, lifetimes: Lifetimes) -> Type {
        lifetimes.of(&self.function.output)
    }

    /// Names for the arguments that cannot be mistaken for the user's.
    pub(super) fn places(&self) -> Vec<Ident> {
        (0..self.function.arguments.len())
            .map(|index| format_ident!("argument_{index}", span = Span::mixed_site()))
            .collect()
    }
}
