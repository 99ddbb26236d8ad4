//! Values nested too deeply for any stack of a fixed size.

use std::collections::BTreeMap;

use keepwell::value::{from_slice, to_vec};
use keepwell_core::key::Digest;
use serde::{Deserialize, Serialize};

use super::key_bytes;

const LEVELS: usize = 10_000;

#[derive(Debug, Serialize, Deserialize)]
enum Nested {
    End,
    List(Vec<Nested>),
    Map(BTreeMap<String, Nested>),
    Option(Option<Box<Nested>>),
    Record { inner: Box<Nested> },
    Newtype(Wrapped),
}

#[derive(Debug, Serialize, Deserialize)]
struct Wrapped(Box<Nested>);

impl Nested {
    fn new() -> Self {
        (0..LEVELS).fold(Self::End, |inner, level| match level % 5 {
            0 => Self::List(vec![inner]),
            1 => Self::Map(BTreeMap::from([("k".to_owned(), inner)])),
            2 => Self::Option(Some(Box::new(inner))),
            3 => Self::Record { inner: Box::new(inner) },
            _ => Self::Newtype(Wrapped(Box::new(inner))),
        })
    }

    /// What is one level further in. Leaves nothing behind, so that dropping does not recurse either.
    fn into_inner(self) -> Option<Self> {
        match self {
            Self::End => None,
            Self::List(list) => list.into_iter().next(),
            Self::Map(map) => map.into_values().next(),
            Self::Option(option) => option.map(|inner| *inner),
            Self::Record { inner } | Self::Newtype(Wrapped(inner)) => Some(*inner),
        }
    }
}

fn depth(mut nested: Nested) -> usize {
    let mut depth = 0;
    while let Some(inner) = nested.into_inner() {
        nested = inner;
        depth += 1;
    }
    depth
}

#[test]
fn ten_thousand_levels_go_out_and_come_back() {
    let nested = Nested::new();
    let bytes = to_vec(&nested).unwrap();
    assert_eq!(depth(nested), LEVELS);
    assert_eq!(depth(from_slice(&bytes).unwrap()), LEVELS);
}

#[test]
fn ten_thousand_levels_have_a_key() {
    let (one, other) = (Nested::new(), Nested::new());
    assert_eq!(Digest::of(&key_bytes(&one)), Digest::of(&key_bytes(&other)));
    assert_eq!(depth(one) + depth(other), 2 * LEVELS);
}

#[test]
fn a_failure_under_ten_thousand_levels_says_where_without_showing_all() {
    let bytes = [vec![0x81; LEVELS], vec![0xf4]].concat();
    #[derive(Debug, Deserialize)]
    #[serde(transparent)]
    struct List(#[expect(dead_code, reason = "never made")] Vec<List>);
    let error = from_slice::<List>(&bytes).unwrap_err().to_string();
    assert!(error.starts_with("cannot deserialize `result[0][0]"), "{error}");
    assert!(error.contains("…(9968 levels)…"), "{error}");
    assert!(error.ends_with("invalid type: boolean `false`, expected a sequence"), "{error}");
}
