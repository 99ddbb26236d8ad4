//! Other items whose code counts.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Type;

/// The items as a slice of what adds their digests.
pub(crate) fn list(items: &[Type]) -> TokenStream {
    quote! {
        &[#(<#items as ::keepwell::__private::Source>::add_to as ::keepwell::__private::AddSource),*]
    }
}

/// The method `add_to` of an item that depends on others. Nothing for one that does not.
pub(crate) fn method(items: &[Type]) -> Option<TokenStream> {
    let list = list(items);
    (!items.is_empty()).then(|| {
        quote! {
            fn add_to(digests: &mut ::keepwell::__private::BTreeSet<::keepwell::__private::Digest>) {
                ::keepwell::__private::add_with(Self::SOURCE, #list, digests);
            }
        }
    })
}
