//! Values that serde shapes in its special ways, and values that somebody else wrote.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Debug;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use keepwell::value::{from_slice, to_vec};
use keepwell_core::ErrorKind;
use keepwell_core::cbor::{Encoder, tag};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use super::{hex, key_bytes};

fn assert_round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    let bytes = to_vec(&value).unwrap();
    assert_eq!(from_slice::<T>(&bytes).unwrap(), value, "{}", hex(&bytes));
}

fn encoded(write: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut Encoder::new(&mut bytes));
    bytes
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Unit;
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Newtype<T>(T);
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Pair(u8, String);
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    x: f64,
    y: Option<f32>,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Nothing,
    One(u64),
    None(()),
    Maybe(Option<Option<u8>>),
    Two(u64, u64),
    Named { x: u64 },
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
enum Internal {
    A { shape: Shape, at: Point },
    B,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "content")]
enum Adjacent {
    A(Shape),
    B,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Shape(Shape),
    Newtype { inner: Newtype<u8> },
    Pair(Pair),
    Character(char),
    Maybe(Option<Option<u8>>),
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    id: u128,
    #[serde(flatten)]
    point: Point,
    #[serde(flatten)]
    rest: BTreeMap<String, Shape>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    left_out: Option<u8>,
}

#[test]
fn every_shape_of_derived_type_comes_back() {
    let point = Point { x: -0.5, y: Some(1.5) };
    assert_round_trip(Unit);
    assert_round_trip(Newtype(Newtype(3)));
    assert_round_trip(Pair(1, "é".to_owned()));
    assert_round_trip(point.clone());
    assert_round_trip(vec![
        Shape::Nothing,
        Shape::One(1),
        Shape::None(()),
        Shape::Maybe(None),
        Shape::Maybe(Some(None)),
        Shape::Maybe(Some(Some(1))),
        Shape::Two(1, 2),
        Shape::Named { x: 1 },
    ]);
    assert_round_trip(vec![Internal::A { shape: Shape::Two(1, 2), at: point.clone() }, Internal::B]);
    assert_round_trip(vec![Adjacent::A(Shape::Named { x: 3 }), Adjacent::B]);
    let rest = BTreeMap::from([("s".to_owned(), Shape::One(2)), ("t".to_owned(), Shape::Nothing)]);
    assert_round_trip(Flat { id: u128::MAX, point, rest, left_out: None });
}

#[test]
fn untagged_members_come_back_as_themselves() {
    for shape in [Shape::Nothing, Shape::One(1), Shape::Two(1, 2), Shape::Named { x: 1 }, Shape::Maybe(Some(None))] {
        assert_round_trip(Untagged::Shape(shape));
    }
    assert_round_trip(Untagged::Newtype { inner: Newtype(1) });
    assert_round_trip(Untagged::Pair(Pair(1, "x".to_owned())));
    assert_round_trip(Untagged::Character('x'));
    assert_round_trip(Untagged::Maybe(Some(None)));
    assert_round_trip(Untagged::Maybe(None));
}

#[test]
fn nothing_is_told_apart_at_every_depth() {
    for value in [None, Some(None), Some(Some(None)), Some(Some(Some(())))] {
        assert_round_trip::<Option<Option<Option<()>>>>(value);
        assert_round_trip::<Option<Newtype<Option<Newtype<Option<()>>>>>>(
            value.map(|value| Newtype(value.map(Newtype))),
        );
    }
}

#[test]
fn types_of_the_standard_library_come_back() {
    assert_round_trip(((), ((), 1_u8), [1_u8; 3], [0_u8; 0]));
    assert_round_trip((i128::MIN, u128::MAX, i64::MIN, u64::MAX, 'ß', true));
    assert_round_trip(HashMap::from([((1_u8, 'a'), HashSet::from([1_u8, 2]))]));
    assert_round_trip((Duration::new(1, 2), SystemTime::UNIX_EPOCH, PathBuf::from("/a/b"), 1..3_u8));
    assert_round_trip::<Result<IpAddr, String>>(Ok("::1".parse().unwrap()));
    assert_round_trip(serde_bytes::ByteBuf::from(vec![1, 2, 3]));
    assert_round_trip(serde_json::json!({"a": [null, 1, -1, 1.5, "x", {"b": [], "c": {}}], "d": true}));
}

#[test]
fn texts_and_bytes_are_borrowed() {
    let bytes = to_vec(&("text", serde_bytes::Bytes::new(b"bytes"))).unwrap();
    let (text, borrowed): (&str, &[u8]) = from_slice(&bytes).unwrap();
    assert_eq!((text, borrowed), ("text", b"bytes".as_slice()));
    assert!(bytes.as_ptr_range().contains(&text.as_ptr()));
}

#[test]
fn a_value_keeps_the_order_and_the_whole_of_its_entries() {
    let entries = serde_json::json!({"b": "x".repeat(100), "a": 1});
    let map: BTreeMap<String, serde_json::Value> = from_slice(&to_vec(&entries).unwrap()).unwrap();
    assert_eq!(serde_json::to_value(map).unwrap(), entries);
    #[derive(Serialize)]
    struct Backwards {
        b: u8,
        a: u8,
    }
    let backwards = Backwards { b: 1, a: 2 };
    assert_eq!(hex(&to_vec(&backwards).unwrap()), "d81b82694261636b7761726473a26162016161 02".replace(' ', ""));
    assert_eq!(hex(&key_bytes(&backwards)), "d81b82694261636b7761726473a26161026162 01".replace(' ', ""));
}

#[test]
fn typed_arrays_tuples_sets_and_byte_strings_are_readable_as_sequences() {
    let numbers = encoded(|encoder| encoder.numbers(&[1_i16, -2]));
    assert_eq!(from_slice::<Vec<i64>>(&numbers).unwrap(), [1, -2]);
    assert_eq!(from_slice::<(i8, i8)>(&numbers).unwrap(), (1, -2));
    assert_eq!(from_slice::<serde_json::Value>(&numbers).unwrap(), serde_json::json!([1, -2]));
    assert_eq!(from_slice::<Vec<u8>>(&encoded(|encoder| encoder.bytes(&[1, 255]))).unwrap(), [1, 255]);
    assert_eq!(from_slice::<Vec<u8>>(&to_vec(&(1_u8, 2_u8)).unwrap()).unwrap(), [1, 2]);
    assert_eq!(from_slice::<Vec<u8>>(&to_vec(&()).unwrap()).unwrap(), Vec::<u8>::new());
    assert_eq!(from_slice::<Vec<u8>>(&to_vec(&HashSet::from([1_u8])).unwrap()).unwrap(), [1]);
}

#[test]
fn records_and_tags_of_others_are_readable() {
    let point = Point { x: 1.0, y: None };
    let map: HashMap<String, Option<f64>> = from_slice(&to_vec(&point).unwrap()).unwrap();
    assert_eq!(map, HashMap::from([("x".to_owned(), Some(1.0)), ("y".to_owned(), None)]));
    assert_eq!(from_slice::<Point>(&to_vec(&map).unwrap()).unwrap(), point);
    let uuid = encoded(|encoder| {
        encoder.tag(tag::UUID);
        encoder.bytes(&[7; 16]);
    });
    assert_eq!(from_slice::<serde_bytes::ByteBuf>(&uuid).unwrap(), [7; 16]);
    from_slice::<IgnoredAny>(&uuid).unwrap();
}

#[test]
fn bytes_of_another_type_are_refused_by_place() {
    let bytes = to_vec(&vec![HashMap::from([("x", "not a number")])]).unwrap();
    let error = from_slice::<Vec<HashMap<String, u8>>>(&bytes).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Serialization);
    let expected = "cannot deserialize `result[0][\"x\"]`: invalid type: string \"not a number\", expected u8";
    assert_eq!(error.to_string(), expected);
    let long = from_slice::<(u8, u8)>(&to_vec(&(1, 2, 3)).unwrap()).unwrap_err().to_string();
    assert_eq!(long, "cannot deserialize `result`: 1 items more than the type has");
    let trailing = from_slice::<u8>(&[1, 1]).unwrap_err().to_string();
    assert_eq!(trailing, "cannot deserialize `result`: malformed bytes at offset 1: more bytes than the value has");
}

#[test]
fn a_digest_is_no_value() {
    let bytes = key_bytes(&HashMap::from([("x", "y".repeat(100))]));
    let error = from_slice::<HashMap<String, String>>(&bytes).unwrap_err().to_string();
    assert_eq!(error, "cannot deserialize `result[\"x\"]`: a digest, of which the value cannot be had");
}

#[test]
fn a_failing_serialize_is_refused_by_place() {
    struct Lock;
    impl Serialize for Lock {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("a lock cannot be serialized"))
        }
    }
    #[derive(Serialize)]
    struct Owner {
        lock: Lock,
    }
    let value = HashMap::from([(7, vec![Owner { lock: Lock }])]);
    let error = keepwell::value::write_key(&value, "parameters.x", &mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Key);
    assert_eq!(error.to_string(), "cannot hash `parameters.x[7][0].lock`: a lock cannot be serialized");
    let error = to_vec(&value).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Serialization);
}

#[test]
fn a_sequence_that_announces_another_length_is_refused() {
    struct Liar;
    impl Serialize for Liar {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serde::ser::SerializeSeq::end(serializer.serialize_seq(Some(2))?)
        }
    }
    assert_eq!(to_vec(&Liar).unwrap_err().to_string(), "cannot serialize `result`: announced 2 items and gave 0");
    struct Unsure;
    impl Serialize for Unsure {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut sequence = serializer.serialize_seq(None)?;
            serde::ser::SerializeSeq::serialize_element(&mut sequence, &1)?;
            serde::ser::SerializeSeq::end(sequence)
        }
    }
    assert_eq!(to_vec(&Unsure).unwrap(), to_vec(&vec![1]).unwrap());
}
