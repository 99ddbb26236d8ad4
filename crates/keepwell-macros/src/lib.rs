//! The attributes of keepwell.
use proc_macro::TokenStream;
/// placeholder
#[proc_macro_attribute]
pub fn task(_: TokenStream, item: TokenStream) -> TokenStream {
    item
}
/// placeholder
#[proc_macro_attribute]
pub fn flow(_: TokenStream, item: TokenStream) -> TokenStream {
    item
}
/// placeholder
#[proc_macro_attribute]
pub fn source(_: TokenStream, item: TokenStream) -> TokenStream {
    item
}
