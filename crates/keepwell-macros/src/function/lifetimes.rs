//! Lifetimes of types that are written again elsewhere, where they cannot be elided.

use proc_macro2::Span;
use syn::visit_mut::{self, VisitMut};
use syn::{Lifetime, ParenthesizedGenericArguments, Type, TypeFnPtr, TypeReference};

/// Which lifetimes are replaced, and by what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lifetimes {
    /// The elided ones, by `'task`: for a call that borrows what it was given.
    OfCall,
    /// All of them, by `'static`: for a call that another thread runs.
    Static,
}

impl Lifetimes {
    /// What is put in the place of a lifetime.
    pub(crate) fn lifetime(self) -> Lifetime {
        match self {
            Self::OfCall => Lifetime::new("'task", Span::call_site()),
            Self::Static => Lifetime::new("'static", Span::call_site()),
        }
    }

    /// The type with its lifetimes replaced.
    pub(crate) fn of(self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        self.replace_in(|visitor| visitor.visit_type_mut(&mut ty));
        ty
    }

    /// Replaces lifetimes in whatever `visit` visits, and says how many there were.
    pub(crate) fn replace_in(self, visit: impl FnOnce(&mut Replace)) -> usize {
        let mut replace = Replace { lifetimes: self, replaced: 0 };
        visit(&mut replace);
        replace.replaced
    }
}

/// Replaces lifetimes in what it visits. Signatures of functions within types are left alone: elision means another
/// thing in them.
pub(crate) struct Replace {
    lifetimes: Lifetimes,
    replaced: usize,
}

impl VisitMut for Replace {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" || self.lifetimes == Lifetimes::Static {
            *lifetime = self.lifetimes.lifetime();
            self.replaced += 1;
        }
    }

    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        if reference.lifetime.is_none() {
            reference.lifetime = Some(self.lifetimes.lifetime());
            self.replaced += 1;
        }
        visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_type_fn_ptr_mut(&mut self, _: &mut TypeFnPtr) {}

    fn visit_parenthesized_generic_arguments_mut(&mut self, _: &mut ParenthesizedGenericArguments) {}
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;
    use syn::parse_quote;

    use super::*;

    fn replaced(lifetimes: Lifetimes, ty: &Type) -> String {
        lifetimes.of(ty).to_token_stream().to_string().replace(' ', "")
    }

    #[test]
    fn elided_lifetimes_of_a_call_get_its_name() {
        assert_eq!(replaced(Lifetimes::OfCall, &parse_quote!(&[Cow<'_, &'a str>])), "&'task[Cow<'task,&'astr>]");
    }

    #[test]
    fn a_call_of_another_thread_borrows_only_for_ever() {
        assert_eq!(replaced(Lifetimes::Static, &parse_quote!(&'a [Cow<'_, str>])), "&'static[Cow<'static,str>]");
    }

    #[test]
    fn signatures_within_a_type_keep_their_elision() {
        assert_eq!(replaced(Lifetimes::OfCall, &parse_quote!(Box<dyn Fn(&str) -> &str>)), "Box<dynFn(&str)->&str>");
        assert_eq!(replaced(Lifetimes::OfCall, &parse_quote!(fn(&str) -> &str)), "fn(&str)->&str");
    }
}
