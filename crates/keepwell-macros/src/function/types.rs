//! Questions about types that can be answered from how they are written.

use proc_macro2::{Ident, Span};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{GenericArgument, Lifetime, ParenthesizedGenericArguments, PathArguments, Type, TypeFnPtr, TypeReference};

/// How an argument of a type can be looked at by a key function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// It is a `&str`.
    Text,
    /// It is a reference to something that borrows nothing.
    Behind,
    /// It borrows nothing.
    Owned,
    /// It borrows, or may borrow.
    Not,
}

impl Look {
    /// How an argument of type `ty` can be looked at, in a function with these type parameters.
    pub(crate) fn at(ty: &Type, parameters: &[&Ident]) -> Self {
        let is_owned = |ty: &Type| !borrows(ty) && !names_any(ty, parameters) && !names_self(ty);
        match ty {
            Type::Reference(reference) if is_str(&reference.elem) => Self::Text,
            Type::Reference(reference) if is_owned(&reference.elem) => Self::Behind,
            ty if is_owned(ty) => Self::Owned,
            _ => Self::Not,
        }
    }
}

fn is_str(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident("str"))
}

/// Whether a type is a reference, holds one, or has a lifetime other than `'static`.
pub(crate) fn borrows(ty: &Type) -> bool {
    let mut found = Borrows(false);
    found.visit_type(ty);
    found.0
}

struct Borrows(bool);

impl<'ast> Visit<'ast> for Borrows {
    fn visit_type_reference(&mut self, _: &'ast TypeReference) {
        self.0 = true;
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        self.0 |= lifetime.ident != "static";
    }

    fn visit_type_fn_ptr(&mut self, _: &'ast TypeFnPtr) {}

    fn visit_parenthesized_generic_arguments(&mut self, _: &'ast ParenthesizedGenericArguments) {}
}

/// Whether a type names any of these.
pub(crate) fn names_any(ty: &Type, names: &[&Ident]) -> bool {
    let mut found = Names { names, found: false };
    found.visit_type(ty);
    found.found
}

/// Whether a type names `Self`.
pub(crate) fn names_self(ty: &Type) -> bool {
    names_any(ty, &[&Ident::new("Self", Span::call_site())])
}

struct Names<'a> {
    names: &'a [&'a Ident],
    found: bool,
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_ident(&mut self, ident: &'ast Ident) {
        self.found |= self.names.contains(&ident);
    }
}

/// Whether an `impl Trait` stands in a type.
pub(crate) fn has_impl_trait(ty: &Type) -> bool {
    let mut found = HasImplTrait(false);
    found.visit_type(ty);
    found.0
}

struct HasImplTrait(bool);

impl<'ast> Visit<'ast> for HasImplTrait {
    fn visit_type(&mut self, ty: &'ast Type) {
        self.0 |= matches!(ty, Type::ImplTrait(_));
        visit::visit_type(self, ty);
    }
}

/// What is kept of a return value of type `ty`: the first argument of a `Result`, else the whole. None if it is no
/// `Result` by its name.
fn ok_type(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let first = arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    first.filter(|_| is_result(ty))
}

/// What is kept of a return value of this type.
pub(crate) fn kept_type(ty: &Type) -> &Type {
    ok_type(ty).unwrap_or(ty)
}

/// Whether a type is a `Result` by its name.
pub(crate) fn is_result(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| last.ident.to_string().ends_with("Result"))
}

/// Where errors about a type are shown, in code that belongs to the attribute.
pub(crate) fn span_of(ty: &Type) -> Span {
    Span::mixed_site().located_at(ty.span())
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn a_type_borrows_if_a_reference_or_a_lifetime_stands_in_it() {
        let cases: [(Type, bool); 7] = [
            (parse_quote!(&str), true),
            (parse_quote!(Vec<(u32, &str)>), true),
            (parse_quote!(Cow<'_, str>), true),
            (parse_quote!(Cow<'static, str>), false),
            (parse_quote!(fn(&str) -> u32), false),
            (parse_quote!(Box<dyn Fn(&str)>), false),
            (parse_quote!(Vec<u8>), false),
        ];
        for (ty, expected) in cases {
            assert_eq!(borrows(&ty), expected, "{ty:?}", ty = quote::quote!(#ty).to_string());
        }
    }

    #[test]
    fn a_key_function_may_look_at_what_borrows_nothing() {
        let generic = Ident::new("T", Span::call_site());
        let look = |ty: Type| Look::at(&ty, &[&generic]);
        assert_eq!(look(parse_quote!(&str)), Look::Text);
        assert_eq!(look(parse_quote!(&Table)), Look::Behind);
        assert_eq!(look(parse_quote!(Vec<u8>)), Look::Owned);
        let hidden: [Type; 4] =
            [parse_quote!(Vec<T>), parse_quote!(&Self), parse_quote!(Vec<&str>), parse_quote!(&[&str])];
        assert_eq!(hidden.map(look), [Look::Not; 4]);
    }

    #[test]
    fn the_kept_type_of_a_result_is_its_first_argument() {
        let of = |ty: Type| quote::ToTokens::to_token_stream(kept_type(&ty)).to_string();
        assert_eq!(of(parse_quote!(io::Result<u32>)), "u32");
        assert_eq!(of(parse_quote!(Result<Table, E>)), "Table");
        assert_eq!(of(parse_quote!(Option<u32>)), "Option < u32 >");
    }
}
