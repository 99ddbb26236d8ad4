//! The digest of an item's code.
//!
//! Tokens are hashed one by one, each with a mark of its kind and an end that occurs in no text, so the digest depends
//! neither on the layout of the file nor on how the compiler prints tokens. Documentation, keepwell's own attributes and
//! the item's visibility are passed over.

use proc_macro2::{Delimiter, Group, Literal, TokenStream, TokenTree};
use quote::{ToTokens, quote};

/// No text in UTF-8 has this byte.
const END: &[u8] = &[0xff];

/// The attributes that are not code.
const PASSED_OVER: [&str; 5] = ["doc", "keepwell", "task", "flow", "source"];

/// The BLAKE3-256 digest of an item's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digest([u8; 32]);

impl Digest {
    /// The digest of an item.
    pub(crate) fn of(item: TokenStream) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("keepwell-source-v1");
        let code = without_visibility(without_attributes(item.into_iter().collect()));
        code.into_iter().for_each(|token| add(&mut hasher, token));
        Self(*hasher.finalize().as_bytes())
    }
}

impl ToTokens for Digest {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let bytes = self.0.map(Literal::u8_unsuffixed);
        tokens.extend(quote!(::keepwell::__private::Digest::from_bytes([#(#bytes),*])));
    }
}

fn add(hasher: &mut blake3::Hasher, token: TokenTree) {
    match token {
        TokenTree::Group(group) => add_group(hasher, &group),
        TokenTree::Ident(ident) => mark(hasher, b'i', &ident.to_string()),
        TokenTree::Literal(literal) => mark(hasher, b'l', &literal.to_string()),
        TokenTree::Punct(punct) => mark(hasher, b'p', punct.as_char().encode_utf8(&mut [0; 4])),
    }
}

fn add_group(hasher: &mut blake3::Hasher, group: &Group) {
    let brackets = match group.delimiter() {
        Delimiter::Parenthesis => Some(("(", ")")),
        Delimiter::Brace => Some(("{", "}")),
        Delimiter::Bracket => Some(("[", "]")),
        // Groups that macros leave behind: no code says that they are there.
        Delimiter::None => None,
    };
    let (open, close) = brackets.unzip();
    open.into_iter().for_each(|open| mark(hasher, b'g', open));
    without_attributes(group.stream().into_iter().collect()).into_iter().for_each(|token| add(hasher, token));
    close.into_iter().for_each(|close| mark(hasher, b'g', close));
}

fn mark(hasher: &mut blake3::Hasher, kind: u8, text: &str) {
    hasher.update(&[kind]).update(text.as_bytes()).update(END);
}

/// The tokens but for attributes that are not code: `#[…]`, and `#![…]`.
fn without_attributes(tokens: Vec<TokenTree>) -> Vec<TokenTree> {
    let mut kept = Vec::with_capacity(tokens.len());
    let mut rest = &tokens[..];
    while let Some((first, following)) = rest.split_first() {
        rest = match passed_over(rest) {
            Some(after) => after,
            None => {
                kept.push(first.clone());
                following
            }
        };
    }
    kept
}

/// What follows the attribute that these tokens begin with, if it is not code.
fn passed_over(tokens: &[TokenTree]) -> Option<&[TokenTree]> {
    let is = |token: &TokenTree, wanted| matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted);
    let (hash, mut rest) = tokens.split_first()?;
    if !is(hash, '#') {
        return None;
    }
    if rest.first().is_some_and(|token| is(token, '!')) {
        rest = &rest[1..];
    }
    match rest.split_first()? {
        (TokenTree::Group(group), after) if group.delimiter() == Delimiter::Bracket => {
            is_passed_over(group).then_some(after)
        }
        _ => None,
    }
}

fn is_passed_over(group: &Group) -> bool {
    let first = group.stream().into_iter().find(|token| matches!(token, TokenTree::Ident(_)));
    first.is_some_and(|name| PASSED_OVER.contains(&name.to_string().as_str()))
}

/// The tokens of an item but for its visibility, which stands before the first word of another meaning.
fn without_visibility(mut tokens: Vec<TokenTree>) -> Vec<TokenTree> {
    let Some(start) = tokens.iter().position(|token| matches!(token, TokenTree::Ident(_))) else { return tokens };
    if !matches!(&tokens[start], TokenTree::Ident(ident) if ident == "pub") {
        return tokens;
    }
    let is_scope =
        |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis);
    let length = if tokens.get(start + 1).is_some_and(is_scope) { 2 } else { 1 };
    tokens.drain(start..start + length);
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(code: &str) -> Digest {
        Digest::of(code.parse().unwrap())
    }

    #[test]
    fn layout_comments_documentation_visibility_and_our_attributes_do_not_count() {
        let plain = digest("fn f(x: u32) -> u32 { let y = x + 1; y * 2 }");
        let same = [
            "fn f ( x : u32 )->u32{let y=x+1;y*2}",
            "fn f(x: u32) -> u32 { /* why */ let y = x + 1; // so\n y * 2 }",
            "/// Doubles.\n pub fn f(x: u32) -> u32 { //! Inside.\n let y = x + 1; y * 2 }",
            "pub(crate) fn f(x: u32) -> u32 { let y = x + 1; y * 2 }",
            "#[keepwell::source] #[task(retries = 3)] fn f(x: u32) -> u32 { let y = x + 1; y * 2 }",
        ];
        assert_eq!(same.map(digest), [plain; 5]);
    }

    #[test]
    fn every_token_counts() {
        let codes = [
            "fn f(x: u32) -> u32 { x + 1 }",
            "fn g(x: u32) -> u32 { x + 1 }",
            "fn f(x: u32) -> u32 { x + 2 }",
            "fn f(x: u32) -> u32 { x + 1u32 }",
            "fn f(x: u32) -> u32 { x - 1 }",
            "fn f(x: u32) -> u32 { (x + 1) }",
            "fn f(x: u32) -> u32 { { x + 1 } }",
            "fn f(x: u32) -> u32 { x + \"1\" }",
            "async fn f(x: u32) -> u32 { x + 1 }",
            "#[inline] fn f(x: u32) -> u32 { x + 1 }",
            "fn f(x: pub u32) -> u32 { x + 1 }",
        ];
        let digests = codes.map(digest);
        for (index, one) in digests.iter().enumerate() {
            assert_eq!(digests.iter().position(|other| other == one), Some(index), "{}", codes[index]);
        }
    }

    #[test]
    fn tokens_do_not_run_into_each_other() {
        assert_ne!(digest("ab c"), digest("a bc"));
        assert_ne!(digest("\"a\" \"b\""), digest("\"a\\\" \\\"b\""));
    }

    #[test]
    fn the_digest_of_an_item_never_changes() {
        let bytes = digest("fn f() {}").0;
        assert_eq!(blake3::Hash::from_bytes(bytes).to_hex()[..16], *"08f275ea8c970f24");
    }
}
