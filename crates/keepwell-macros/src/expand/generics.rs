//! The generics of the functions beside the user's.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::visit_mut::VisitMut;
use syn::{GenericParam, Generics, Ident, Lifetime, Type, WherePredicate, parse_quote};

use super::expansion::Expansion;
use crate::function::Lifetimes;

impl Expansion {
    /// The generics of a function that makes a call: the user's, and the lifetime of what the call borrows.
    pub(super) fn generics_of_call(&self) -> Generics {
        let mut generics = self.function.item.sig.generics.clone();
        let task = Lifetimes::OfCall.lifetime();
        if self.function.is_async() {
            let outliving = self.outliving(&task);
            generics.make_where_clause().predicates.extend(outliving);
        }
        if self.names_lifetime_of_call() {
            generics.params.insert(0, parse_quote!(#task));
        }
        generics
    }

    fn names_lifetime_of_call(&self) -> bool {
        self.function.is_async() || self.function.elides_lifetimes()
    }

    /// That everything an async body may hold lives as long as the call.
    fn outliving(&self, task: &Lifetime) -> Vec<WherePredicate> {
        let generics = &self.function.item.sig.generics;
        let lifetimes =
            generics.lifetimes().map(|parameter| &parameter.lifetime).map(|name| parse_quote!(#name: #task));
        let owner = self.is_associated.then(|| parse_quote!(Self: #task));
        let types = all_outlive(&self.function.type_parameters(), task);
        lifetimes.chain(owner).chain(types).collect()
    }

    /// The generics of a function that hands a call to another thread: nothing is borrowed, everything can be sent.
    pub(super) fn generics_of_submission(&self) -> Generics {
        let mut generics = self.function.item.sig.generics.clone();
        generics.params =
            generics.params.into_iter().filter(|param| !matches!(param, GenericParam::Lifetime(_))).collect();
        Lifetimes::Static.replace_in(|replace| replace.visit_generics_mut(&mut generics));
        let sent = self.sent_types().into_iter().map(|ty| sent(&ty));
        let kept = all_outlive(&self.function.type_parameters(), &Lifetimes::Static.lifetime());
        let predicates: Vec<WherePredicate> = sent.chain(kept).collect();
        generics.make_where_clause().predicates.extend(predicates);
        generics
    }

    fn sent_types(&self) -> Vec<Type> {
        let arguments = self.function.arguments.iter().map(|argument| Lifetimes::Static.of(&argument.ty));
        arguments.chain([self.output_type(Lifetimes::Static)]).collect()
    }
}

/// That a type can be sent to another thread. The lifetime has the compiler ask when the function is called and not
/// where it is defined, so that a task whose types cannot be sent is only not submitted.
fn sent(ty: &Type) -> WherePredicate {
    parse_quote!(for<'asked> #ty: ::core::marker::Send + 'static)
}

/// That types live as long as a lifetime. As one bound, since each may have bounds of its own where it is declared.
fn all_outlive(types: &[&Ident], lifetime: &Lifetime) -> Option<WherePredicate> {
    (!types.is_empty()).then(|| parse_quote!((#(#types,)*): #lifetime))
}

/// Generics as they are written: the parameters, and the conditions.
pub(super) fn written(generics: &Generics) -> (TokenStream, TokenStream) {
    let parameters = &generics.params;
    let parameters = if parameters.is_empty() { TokenStream::new() } else { quote!(<#parameters>) };
    (parameters, generics.where_clause.to_token_stream())
}
