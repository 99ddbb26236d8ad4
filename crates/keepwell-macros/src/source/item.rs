//! `#[source]`: an item as it was, and its digest.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Generics, Ident, Item, Type, Visibility, parse_quote};

use super::{Digest, depends_on};
use crate::options::parse_items;

/// Expands `#[source]`. If something is wrong the item stays as it was, beside the error.
pub(crate) fn item(options: TokenStream, item: TokenStream) -> TokenStream {
    let added = add(options, item.clone()).unwrap_or_else(|error| error.to_compile_error());
    quote!(#item #added)
}

fn add(options: TokenStream, item: TokenStream) -> Result<TokenStream, Error> {
    let depends_on = depends_on::method(&parse_options.parse2(options)?);
    let digest = Digest::of(item.clone());
    let Target { ty, generics, companion } = target(syn::parse2(item)?)?;
    let (parameters, _, conditions) = generics.split_for_impl();
    Ok(quote! {
        #companion
        impl #parameters ::keepwell::__private::Source for #ty #conditions {
            const SOURCE: ::keepwell::__private::Digest = #digest;
            #depends_on
        }
    })
}

fn parse_options(input: ParseStream<'_>) -> Result<Vec<Type>, Error> {
    if input.is_empty() {
        return Ok(Vec::new());
    }
    let name: Ident = input.parse()?;
    if name != "depends_on" {
        return Err(Error::new(name.span(), format!("`#[source]` has no option `{name}`; it has `depends_on`")));
    }
    parse_items(input)
}

/// The type that stands for an item.
struct Target {
    ty: Type,
    generics: Generics,
    /// The type itself, where there was none of that name.
    companion: Option<TokenStream>,
}

fn target(item: Item) -> Result<Target, Error> {
    match item {
        Item::Fn(item) if item.sig.receiver().is_some() => {
            Err(Error::new_spanned(item.sig, "`#[source]` goes on the whole `impl` block, not on a method"))
        }
        Item::Fn(item) => Ok(companion(&item.vis, &item.sig.ident)),
        Item::Const(item) => Ok(companion(&item.vis, &item.ident)),
        Item::Struct(item) => Ok(named(&item.ident, item.generics)),
        Item::Enum(item) => Ok(named(&item.ident, item.generics)),
        Item::Impl(item) => Ok(Target { ty: *item.self_ty, generics: item.generics, companion: None }),
        other => {
            Err(Error::new_spanned(other, "`#[source]` goes on a function, constant, struct, enum or `impl` block"))
        }
    }
}

/// The companion of an item that is a value: a type of the same name.
fn companion(visibility: &Visibility, name: &Ident) -> Target {
    let doc = format!("The code of `{name}`.");
    let companion = quote! {
        #[doc = #doc]
        #[allow(non_camel_case_types, dead_code)]
        #[derive(::core::fmt::Debug)]
        #visibility struct #name {}
    };
    Target { ty: parse_quote!(#name), generics: Generics::default(), companion: Some(companion) }
}

fn named(name: &Ident, generics: Generics) -> Target {
    let ty = {
        let (_, arguments, _) = generics.split_for_impl();
        parse_quote!(#name #arguments)
    };
    Target { ty, generics, companion: None }
}
