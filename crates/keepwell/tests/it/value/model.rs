//! A random value of any shape: what it writes must be its own, and must be readable.

use std::collections::{BTreeMap, HashMap};

use keepwell::value::{from_slice, to_vec};
use keepwell_core::cbor::Decoder;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::key_bytes;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Model {
    Unit,
    Boolean(bool),
    Integer(i64),
    Wide(i128),
    Unsigned(u128),
    Float(f64),
    Narrow(f32),
    Character(char),
    Text(String),
    #[serde(with = "serde_bytes")]
    Bytes(Vec<u8>),
    Nested(Option<Option<Option<i8>>>),
    List(Vec<Model>),
    Pair(Box<Model>, Box<Model>),
    Map(BTreeMap<String, Model>),
    Entries(Vec<(u8, Model)>),
    Record {
        left: Box<Model>,
        right: Option<Box<Model>>,
    },
    Newtype(Newtype),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Newtype(Box<Model>);

/// The same shapes without the names, so that items meet each other directly.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
enum Bare {
    Boolean(bool),
    Integer(i128),
    Float(f64),
    Narrow(f32),
    Text(String),
    #[serde(with = "serde_bytes")]
    Bytes(Vec<u8>),
    Character(char),
    None,
    Nested(Option<Option<Option<()>>>),
    List(Vec<Bare>),
    Pair(Box<Bare>, Box<Bare>),
    Map(Vec<BareEntry>),
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct BareEntry(Bare);

fn models() -> impl Strategy<Value = Model> {
    let leaf = prop_oneof![
        Just(Model::Unit),
        any::<bool>().prop_map(Model::Boolean),
        any::<i64>().prop_map(Model::Integer),
        any::<i128>().prop_map(Model::Wide),
        any::<u128>().prop_map(Model::Unsigned),
        any::<f64>().prop_filter("nan is unequal to itself", |number| !number.is_nan()).prop_map(Model::Float),
        any::<f32>().prop_filter("nan is unequal to itself", |number| !number.is_nan()).prop_map(Model::Narrow),
        any::<char>().prop_map(Model::Character),
        ".{0,80}".prop_map(Model::Text),
        proptest::collection::vec(any::<u8>(), 0..80).prop_map(Model::Bytes),
        any::<Option<Option<Option<i8>>>>().prop_map(Model::Nested),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Model::List),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| Model::Pair(one.into(), other.into())),
            proptest::collection::btree_map(".{0,4}", inner.clone(), 0..4).prop_map(Model::Map),
            proptest::collection::vec((any::<u8>(), inner.clone()), 0..3).prop_map(Model::Entries),
            (inner.clone(), proptest::option::of(inner.clone()))
                .prop_map(|(left, right)| Model::Record { left: left.into(), right: right.map(Box::new) }),
            inner.prop_map(|model| Model::Newtype(Newtype(model.into()))),
        ]
    })
}

/// Few leaves of few values, so that random pairs are often nearly equal.
fn bare() -> impl Strategy<Value = Bare> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Bare::Boolean),
        (-2..3_i128).prop_map(Bare::Integer),
        prop_oneof![Just(0.0), Just(-0.0), Just(1.0)].prop_map(Bare::Float),
        prop_oneof![Just(0.0), Just(1.0)].prop_map(Bare::Narrow),
        "[a1]{0,2}".prop_map(Bare::Text),
        proptest::collection::vec(0..2_u8, 0..3).prop_map(Bare::Bytes),
        prop_oneof![Just('a'), Just('1')].prop_map(Bare::Character),
        Just(Bare::None),
        Just(Bare::Nested(Some(None))),
        Just(Bare::Nested(Some(Some(None)))),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Bare::List),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| Bare::Pair(one.into(), other.into())),
            proptest::collection::vec(inner.prop_map(BareEntry), 1..3).prop_map(Bare::Map),
        ]
    })
}

/// Whether two values are the same to a key: all of a float counts, and an empty list is one whatever it is a list of.
fn is_same(one: &Bare, other: &Bare) -> bool {
    format!("{one:?}").replace("Map([])", "List([])") == format!("{other:?}").replace("Map([])", "List([])")
}

proptest! {
    #[test]
    fn every_value_comes_back(model in models()) {
        let bytes = to_vec(&model).unwrap();
        prop_assert_eq!(from_slice::<Model>(&bytes).unwrap(), model);
    }

    #[test]
    fn every_key_is_well_formed(model in models()) {
        let bytes = key_bytes(&model);
        let mut decoder = Decoder::new(&bytes);
        prop_assert_eq!(decoder.skip(), Ok(()));
        prop_assert_eq!(decoder.finish(), Ok(()));
    }

    #[test]
    fn only_equal_values_share_bytes(one in models(), other in models()) {
        prop_assert_eq!(key_bytes(&one) == key_bytes(&other), format!("{one:?}") == format!("{other:?}"));
    }

    #[test]
    fn only_equal_values_share_bytes_where_types_are_mixed(one in bare(), other in bare()) {
        prop_assert_eq!(key_bytes(&one) == key_bytes(&other), is_same(&one, &other), "{:?} {:?}", one, other);
    }

    #[test]
    fn the_order_of_a_map_is_no_part_of_a_key(map in proptest::collection::btree_map(".{0,80}", models(), 0..8)) {
        let hashed: HashMap<&String, &Model> = map.iter().collect();
        prop_assert_eq!(key_bytes(&hashed), key_bytes(&map));
    }

    #[test]
    fn bytes_from_nowhere_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = from_slice::<Model>(&bytes);
        let _ = from_slice::<serde_json::Value>(&bytes);
    }

    #[test]
    fn a_damaged_value_is_refused_or_another_one(model in models(), at in any::<prop::sample::Index>(), bit in 0..8) {
        let mut bytes = to_vec(&model).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        if let Ok(damaged) = from_slice::<Model>(&bytes) {
            prop_assert_eq!(from_slice::<Model>(&to_vec(&damaged).unwrap()).unwrap(), damaged);
        }
    }
}
