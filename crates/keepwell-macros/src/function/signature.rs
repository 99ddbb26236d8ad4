//! From the item under the attribute to what the attribute needs to know of it.

use proc_macro2::{Span, TokenStream};
use syn::{
    Attribute as Lint, Error, FnArg, GenericParam, Generics, Ident, ItemFn, Pat, ReturnType, Safety, Signature, Type,
    parse_quote,
};

use super::types::{has_impl_trait, names_self};
use super::{Argument, Lifetimes};
use crate::attribute::Attribute;
use crate::diagnostics::Diagnostics;

/// The function under the attribute.
pub(crate) struct Function {
    /// The function as it was written.
    pub(crate) item: ItemFn,
    /// Its arguments, the receiver included.
    pub(crate) arguments: Vec<Argument>,
    /// What it returns.
    pub(crate) output: Type,
    /// Whether its signature shows that it stands in an `impl` block.
    pub(crate) shows_impl: bool,
}

impl Function {
    /// Reads a function.
    ///
    /// # Errors
    /// It is no function, or its signature has something that no task and no flow can have.
    pub(crate) fn parse(attribute: Attribute, tokens: TokenStream) -> Result<Self, Error> {
        let name = attribute.name();
        let item: ItemFn = syn::parse2(tokens).map_err(|error| {
            Error::new(error.span(), format!("`#[{name}]` goes on a function with a body: {error}"))
        })?;
        let mut errors = Diagnostics::default();
        check_qualifiers(&item.sig, name, &mut errors);
        let arguments =
            item.sig.inputs.iter().filter_map(|input| Argument::read(input, attribute, &mut errors)).collect();
        let output = read_output(&item.sig.output, name, &mut errors);
        errors.finish()?;
        let mut function = Self { item, arguments, output, shows_impl: false };
        function.shows_impl = function.receiver().is_some() || function.types().any(names_self);
        Ok(function)
    }

    fn types(&self) -> impl Iterator<Item = &Type> {
        self.arguments.iter().map(|argument| &argument.ty).chain([&self.output])
    }

    /// The function's name.
    pub(crate) fn name(&self) -> &Ident {
        &self.item.sig.ident
    }

    /// The receiver, if there is one.
    pub(crate) fn receiver(&self) -> Option<&Argument> {
        self.arguments.first().filter(|argument| argument.is_receiver)
    }

    /// Whether the function is async.
    pub(crate) fn is_async(&self) -> bool {
        self.item.sig.asyncness.is_some()
    }

    /// The arguments' names.
    pub(crate) fn argument_names(&self) -> impl Iterator<Item = &str> {
        self.arguments.iter().map(|argument| argument.name.as_str())
    }

    /// The names of the type parameters.
    pub(crate) fn type_parameters(&self) -> Vec<&Ident> {
        self.item.sig.generics.type_params().map(|parameter| &parameter.ident).collect()
    }

    /// Whether a call borrows something whose lifetime the function does not name.
    pub(crate) fn elides_lifetimes(&self) -> bool {
        self.types().any(|ty| {
            let mut ty = ty.clone();
            Lifetimes::OfCall.replace_in(|replace| syn::visit_mut::VisitMut::visit_type_mut(replace, &mut ty)) > 0
        })
    }

    /// The type and constant parameters, to be handed on as in `f::<T, N>`.
    pub(crate) fn turbofish(&self) -> Vec<&Ident> {
        let generics: &Generics = &self.item.sig.generics;
        let ident = |parameter| match parameter {
            &GenericParam::Lifetime(_) => None,
            GenericParam::Type(parameter) => Some(&parameter.ident),
            GenericParam::Const(parameter) => Some(&parameter.ident),
        };
        generics.params.iter().filter_map(ident).collect()
    }

    /// The signature for whoever calls the function: `mut` is the body's own affair.
    pub(crate) fn outer_signature(&self) -> Signature {
        let mut signature = self.item.sig.clone();
        for input in &mut signature.inputs {
            match input {
                FnArg::Receiver(receiver) if receiver.mutability.is_some() => receiver.mutability = None,
                FnArg::Receiver(_) => {}
                FnArg::Typed(typed) => {
                    if let Pat::Ident(named) = &mut *typed.pat {
                        named.mutability = None;
                    }
                }
            }
        }
        signature
    }

    /// The attributes whose name is one of these.
    pub(crate) fn attributes(&self, names: &[&str]) -> Vec<&Lint> {
        let is_named = |attribute: &&Lint| names.iter().any(|name| attribute.path().is_ident(name));
        self.item.attrs.iter().filter(is_named).collect()
    }
}

fn check_qualifiers(signature: &Signature, attribute: &str, errors: &mut Diagnostics) {
    let mut refuse = |span: Span, what: &str| errors.at(span, format!("a {attribute} cannot be {what}"));
    if let Some(constness) = &signature.constness {
        refuse(constness.span, "`const`: it runs while the program does");
    }
    if let Safety::Unsafe(token) = &signature.safety {
        refuse(token.span, "`unsafe`: wrap the call in a safe function");
    }
    if let Some(abi) = &signature.abi {
        refuse(abi.extern_token.span, "`extern`: it is called from Rust");
    }
}

fn read_output(output: &ReturnType, attribute: &str, errors: &mut Diagnostics) -> Type {
    let ty: Type = match output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, ty) => (**ty).clone(),
    };
    if matches!(ty, Type::Never(_)) {
        errors.over(&ty, format!("a {attribute} comes to an end: return `()`"));
    } else if has_impl_trait(&ty) {
        errors.over(&ty, format!("a {attribute} returns a type with a name: collect into one, or box it"));
    }
    ty
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn refusal(tokens: TokenStream) -> Option<String> {
        Function::parse(Attribute::Task, tokens).err().map(|error| error.to_string())
    }

    #[test]
    fn a_method_is_known_by_its_receiver_or_by_self_in_a_type() {
        let shows = |tokens| Function::parse(Attribute::Task, tokens).map(|function| function.shows_impl).unwrap();
        assert!(shows(quote!(
            fn f(&self) {}
        )));
        assert!(shows(quote!(
            fn f(other: &Self) {}
        )));
        assert!(shows(quote!(
            fn f() -> Vec<Self> {
                vec![]
            }
        )));
        assert!(!shows(quote!(
            fn f(count: u32) -> u32 {
                count
            }
        )));
    }

    #[test]
    fn arguments_that_no_task_can_have_are_refused_with_the_way_out() {
        let cases = [
            (
                quote!(
                    fn f(_: u32) {}
                ),
                "write `name: u32`",
            ),
            (
                quote!(
                    fn f((a, b): (u32, u32)) {}
                ),
                "write `name: (u32 , u32)`",
            ),
            (
                quote!(
                    fn f(list: &mut Vec<u8>) {}
                ),
                "take the value and return the new one",
            ),
            (
                quote!(
                    fn f(&mut self) {}
                ),
                "take the value and return the new one",
            ),
            (
                quote!(
                    fn f(list: impl Iterator) {}
                ),
                "`fn f<T: Trait>(list: T)`",
            ),
        ];
        for (tokens, expected) in cases {
            let message = refusal(tokens).unwrap();
            assert!(message.contains(expected), "{message}");
        }
        assert_eq!(
            refusal(quote!(
                fn f(mut list: Vec<u8>, text: &str) -> Vec<u8> {
                    list
                }
            )),
            None
        );
    }

    #[test]
    fn functions_that_no_task_can_be_are_refused_with_the_reason() {
        let cases = [
            (
                quote!(
                    fn f() -> impl Iterator {}
                ),
                "a task returns a type with a name",
            ),
            (
                quote!(
                    const fn f() {}
                ),
                "a task cannot be `const`",
            ),
            (
                quote!(
                    unsafe fn f() {}
                ),
                "a task cannot be `unsafe`",
            ),
            (
                quote!(
                    struct Task;
                ),
                "`#[task]` goes on a function with a body",
            ),
        ];
        for (tokens, expected) in cases {
            let message = refusal(tokens).unwrap();
            assert!(message.contains(expected), "{message}");
        }
    }
}
