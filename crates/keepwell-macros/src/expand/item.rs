//! The whole: the function that users call, and what stands beside it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Error;

use super::expansion::Expansion;
use crate::attribute::Attribute;
use crate::check;
use crate::diagnostics::Diagnostics;
use crate::function::Function;
use crate::options::Options;
use crate::source::{Digest, depends_on};

/// Expands an attribute on a function. If something is wrong the function stays as it was, beside the errors.
pub(crate) fn function(attribute: Attribute, options: TokenStream, item: TokenStream) -> TokenStream {
    expand(attribute, options, item.clone()).unwrap_or_else(|error| {
        let errors = error.to_compile_error();
        quote!(#item #errors)
    })
}

fn expand(attribute: Attribute, options: TokenStream, item: TokenStream) -> Result<TokenStream, Error> {
    let mut errors = Diagnostics::default();
    let mut note = |error| errors.push(error);
    let digest = Digest::of(item.clone());
    let options = Options::parse(attribute, options).map_err(&mut note);
    let function = Function::parse(attribute, item).map_err(&mut note);
    let (Ok(options), Ok(function)) = (options, function) else {
        errors.finish()?;
        return Ok(TokenStream::new());
    };
    check::check(attribute, &options, &function)?;
    let is_associated = function.shows_impl || options.get("associated").is_some();
    let expansion = Expansion { attribute, options, function, digest, is_associated };
    Ok(if is_associated { beside_the_method(&expansion) } else { with_companion(&expansion) })
}

/// A method, and the functions beside it.
fn beside_the_method(expansion: &Expansion) -> TokenStream {
    let outer = expansion.outer_function();
    let (body, members) = (expansion.body(), expansion.members());
    quote!(#outer #body #members)
}

/// A free function, and its companion.
fn with_companion(expansion: &Expansion) -> TokenStream {
    let (outer, members, source) = (expansion.outer_function(), expansion.members(), source(expansion));
    let (visibility, name) = (expansion.visibility(), expansion.function.name());
    let conditions = expansion.conditions();
    let doc = format!("The {} `{name}`: its calls before they run, and its definition.", expansion.attribute.name());
    quote! {
        #outer
        #conditions
        #[doc = #doc]
        #[allow(non_camel_case_types, dead_code)]
        #[derive(::core::fmt::Debug)]
        #visibility struct #name {}
        #conditions
        #source
        #conditions
        #[allow(dead_code)]
        impl #name { #members }
    }
}

fn source(expansion: &Expansion) -> TokenStream {
    let (name, digest) = (expansion.function.name(), &expansion.digest);
    let add = depends_on::method(expansion.options.depends_on());
    quote! {
        impl ::keepwell::__private::Source for #name {
            const SOURCE: ::keepwell::__private::Digest = #digest;
            #add
        }
    }
}
