//! One argument: its name, and its type.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{FnArg, Ident, Pat, Receiver, ReceiverKind, Type, TypeReference, parse_quote};

use super::Lifetimes;
use super::types::has_impl_trait;
use crate::attribute::Attribute;
use crate::diagnostics::Diagnostics;

/// One argument of the function.
pub(crate) struct Argument {
    /// The argument's name, or `self`.
    pub(crate) ident: Ident,
    /// The name as users write it.
    pub(crate) name: String,
    /// The type.
    pub(crate) ty: Type,
    /// Whether it is the receiver.
    pub(crate) is_receiver: bool,
}

impl Argument {
    /// Reads an argument. What is wrong with it is added to `errors`, in the words of `attribute`.
    pub(super) fn read(argument: &FnArg, attribute: Attribute, errors: &mut Diagnostics) -> Option<Self> {
        let argument = match argument {
            FnArg::Receiver(receiver) => Self::of_receiver(receiver),
            FnArg::Typed(typed) => Self::of_pattern(&typed.pat, &typed.ty, attribute, errors)?,
        };
        argument.check_type(attribute, errors);
        Some(argument)
    }

    fn of_receiver(receiver: &Receiver) -> Self {
        let ty = match &receiver.kind {
            ReceiverKind::Reference(and, lifetime, mutability) => Type::Reference(TypeReference {
                attrs: Vec::new(),
                and_token: *and,
                lifetime: lifetime.clone(),
                mutability: *mutability,
                elem: parse_quote!(Self),
            }),
            ReceiverKind::Typed(_, ty) => (**ty).clone(),
            // `ReceiverKind` is not ours and may grow; what is not known here is refused by the compiler later.
            _ => parse_quote!(Self),
        };
        let ident = Ident::new("self", receiver.self_token.span);
        Self { ident, name: "self".to_owned(), ty, is_receiver: true }
    }

    fn of_pattern(pattern: &Pat, ty: &Type, attribute: Attribute, errors: &mut Diagnostics) -> Option<Self> {
        match pattern {
            Pat::Ident(named) if named.by_ref.is_none() && named.subpat.is_none() => {
                let (ident, name) = (named.ident.clone(), named.ident.unraw().to_string());
                Some(Self { ident, name, ty: ty.clone(), is_receiver: false })
            }
            _ => {
                let (attribute, written) = (attribute.name(), ty.to_token_stream());
                errors.over(
                    pattern,
                    format!(
                        "a {attribute}'s arguments are known by their names: write `name: {written}`, and take it \
                         apart in the body"
                    ),
                );
                None
            }
        }
    }

    /// The argument as a parameter of another function.
    pub(crate) fn as_parameter(&self, lifetimes: Lifetimes) -> TokenStream {
        let (name, ty) = (&self.ident, lifetimes.of(&self.ty));
        let is_self = |ty: &Type| matches!(ty, Type::Path(path) if path.path.is_ident("Self"));
        match &ty {
            ty if self.is_receiver && is_self(ty) => quote!(#name),
            Type::Reference(reference) if self.is_receiver && is_self(&reference.elem) => {
                let lifetime = &reference.lifetime;
                quote!(&#lifetime #name)
            }
            ty => quote!(#name: #ty),
        }
    }

    fn check_type(&self, attribute: Attribute, errors: &mut Diagnostics) {
        let attribute = attribute.name();
        if matches!(&self.ty, Type::Reference(reference) if reference.mutability.is_some()) {
            let message = format!(
                "a {attribute} cannot take `&mut`: what it does to an argument would not be kept with its result; take \
                 the value and return the new one"
            );
            if self.is_receiver { errors.at(self.ident.span(), message) } else { errors.over(&self.ty, message) }
        } else if has_impl_trait(&self.ty) {
            let message = format!(
                "a {attribute}'s arguments need types with names: use a type parameter, as in `fn f<T: Trait>({}: T)`",
                self.name
            );
            errors.over(&self.ty, message);
        }
    }
}
