//! How digests of parts become one key.
//!
//! What a policy asks for, and what happens when a part cannot be had, is decided in [`policy`](crate::policy).

use super::{CacheKey, Digest, KeyHasher, Part};
use crate::cbor::{Encoder, Sink};

/// Separates keys of this scheme from every other use of the hash function. Another number can only cause misses.
const DOMAIN: &[u8] = b"keepwell-key-v1";

/// The key of these parts, whatever their order. Sorts them.
pub fn compose(parts: &mut [(Part, Digest)], hasher: &mut KeyHasher) -> CacheKey {
    parts.sort_unstable_by(|(one, _), (other, _)| order(one).cmp(&order(other)));
    hasher.write(DOMAIN);
    let mut encoder = Encoder::new(&mut *hasher);
    encoder.array(parts.len());
    for (part, digest) in parts {
        let (text, name) = part.texts();
        encoder.array(if name.is_some() { 3 } else { 2 });
        encoder.text(text);
        if let Some(name) = name {
            encoder.text(name);
        }
        encoder.bytes(digest.as_bytes());
    }
    hasher.finish().into()
}

/// The digest of named digests (a task's inputs, a flow's parameters), whatever their order. Sorts them.
pub fn named_digests<N: AsRef<str>>(named: &mut [(N, Digest)], hasher: &mut KeyHasher) -> Digest {
    named.sort_unstable_by(|(one, _), (other, _)| encoded_order(one.as_ref()).cmp(&encoded_order(other.as_ref())));
    let mut encoder = Encoder::new(&mut *hasher);
    encoder.map(named.len());
    for (name, digest) in named {
        encoder.text(name.as_ref());
        encoder.bytes(digest.as_bytes());
    }
    hasher.finish()
}

/// Orders parts as their encodings would be.
fn order(part: &Part) -> impl Ord {
    let (text, name) = part.texts();
    (name.is_some(), encoded_order(text), name.map(encoded_order))
}

/// Orders texts as their encodings would be: a shorter text has the smaller head.
fn encoded_order(text: &str) -> (usize, &str) {
    (text.len(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Vec<(Part, Digest)> {
        let parts = [
            Part::KeyFunction("b".into()),
            Part::FlowParameters,
            Part::Inputs,
            Part::KeyFunction("a".into()),
            Part::RunId,
            Part::Build,
            Part::TaskSource,
        ];
        parts.into_iter().enumerate().map(|(index, part)| (part, Digest::from_bytes([index as u8; 32]))).collect()
    }

    #[test]
    fn the_order_of_the_parts_does_not_matter() {
        let (mut one, mut other) = (parts(), parts());
        other.reverse();
        let mut hasher = KeyHasher::new();
        assert_eq!(compose(&mut one, &mut hasher), compose(&mut other, &mut hasher));
        assert_eq!(one, other);
    }

    #[test]
    fn a_key_function_named_as_a_part_is_another_part() {
        let digest = Digest::of(b"x");
        let mut hasher = KeyHasher::new();
        let named = compose(&mut [(Part::KeyFunction("inputs".into()), digest)], &mut hasher);
        assert_ne!(named, compose(&mut [(Part::Inputs, digest)], &mut hasher));
    }

    #[test]
    fn named_digests_are_a_map_sorted_by_encoded_name() {
        let digest = Digest::from_bytes([7; 32]);
        let mut expected = Vec::new();
        let mut encoder = Encoder::new(&mut expected);
        encoder.map(2);
        for name in ["z", "aa"] {
            encoder.text(name);
            encoder.bytes(digest.as_bytes());
        }
        let mut named = [("aa", digest), ("z", digest)];
        assert_eq!(named_digests(&mut named, &mut KeyHasher::new()), Digest::of(&expected));
    }
}
