//! What must differ in a key, and what must agree.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::net::IpAddr;
use std::num::Wrapping;
use std::time::{Duration, UNIX_EPOCH};

use serde::Serialize;
use serde_bytes::Bytes;

use super::{hex, key_bytes};

#[derive(Serialize)]
struct Unit;
#[derive(Serialize)]
struct Empty {}
#[derive(Serialize)]
struct EmptyTuple();
#[derive(Serialize)]
struct Meters(u64);
#[derive(Serialize)]
struct Feet(u64);
#[derive(Serialize)]
struct Holder<T>(T);
#[derive(Serialize)]
struct Pair(u64, u64);
#[derive(Serialize)]
struct Point {
    x: u64,
    y: u64,
}
#[derive(Serialize)]
#[serde(rename = "Point")]
struct Swapped {
    y: u64,
    x: u64,
}
#[derive(Serialize)]
struct Vector {
    x: u64,
    y: u64,
}
#[derive(Serialize)]
struct Spot {
    x: u64,
}
#[derive(Serialize)]
#[serde(rename = "Spot")]
struct OptionalSpot {
    x: u64,
    y: Option<u64>,
}
#[derive(Serialize)]
enum Shape {
    Nothing,
    One(u64),
    Two(u64, u64),
    Named { x: u64 },
}
#[derive(Serialize)]
enum Form {
    Nothing,
    One(u64),
}

type Row = (&'static str, Vec<u8>, Vec<u8>);

macro_rules! rows {
    ($($one:expr, $other:expr;)*) => {
        vec![$((concat!(stringify!($one), "  |  ", stringify!($other)), key_bytes(&$one), key_bytes(&$other)),)*]
    };
}

fn scalars_that_differ() -> Vec<Row> {
    rows! {
        1_u64, 2_u64;
        1_i64, -1_i64;
        1_u64, true;
        0_u64, false;
        1_u64, 1.0_f64;
        1.0_f64, 1.0_f32;
        1.0_f64, 1.0000000000000002_f64;
        0.0_f64, -0.0_f64;
        0.0_f32, -0.0_f32;
        f64::NAN, f64::INFINITY;
        f64::NAN, f32::NAN;
        f64::INFINITY, f64::NEG_INFINITY;
        9_007_199_254_740_993_u64, 9_007_199_254_740_992_u64;
        u64::MAX, i64::MAX;
        u64::MAX, u128::from(u64::MAX) + 1;
        u128::MAX, i128::MAX;
        i128::MIN, i128::MAX;
        -1_i64, u64::MAX;
        1_u64, "1";
        1.5_f64, "1.5";
        true, "true";
        'a', "a";
        'a', 97_u64;
        "", ();
        "", None::<u64>;
        "a", "A";
        "a", "a ";
        "é", "e\u{301}";
        "a\0b", "a";
        "abc", Bytes::new(b"abc");
        Bytes::new(b""), "";
        Bytes::new(b"\x01"), vec![1_u64];
        (), None::<u64>;
        (), false;
        None::<u64>, 0_u64;
        None::<u64>, false;
        Some(()), None::<()>;
        Some(None::<u64>), None::<Option<u64>>;
        Some(Some(None::<u64>)), Some(None::<Option<u64>>);
        Duration::from_secs(1), Duration::from_millis(1);
        Duration::from_secs(1), UNIX_EPOCH + Duration::from_secs(1);
        "127.0.0.1".parse::<IpAddr>().unwrap(), "127.0.0.1";
    }
}

fn collections_that_differ() -> Vec<Row> {
    rows! {
        Vec::<u64>::new(), ();
        Vec::<u64>::new(), HashMap::<u64, u64>::new();
        Vec::<u64>::new(), HashSet::<u64>::new();
        Vec::<u64>::new(), "";
        vec![1_u64], 1_u64;
        vec![1_u64], (1_u64,);
        vec![1_u64, 2], (1_u64, 2_u64);
        vec![1_u64, 2], vec![2_u64, 1];
        vec![1_u64, 2], HashSet::from([1_u64, 2]);
        vec![1_u64], vec![Some(vec![1_u64])];
        vec![vec![1_u64], vec![]], vec![vec![], vec![1_u64]];
        vec!["ab", "c"], vec!["a", "bc"];
        vec![1.0_f64], vec![1.0_f32];
        vec![1.0_f64], vec![1_u64];
        (1_u64, (2_u64, 3_u64)), ((1_u64, 2_u64), 3_u64);
        (1_u64, 2_u64), (1_u64, 2_u64, ());
        [1_u64, 2], vec![1_u64, 2];
        HashMap::from([(1_u64, "x")]), HashMap::from([("1", "x")]);
        HashMap::from([(1_u64, 2_u64)]), HashMap::from([(2_u64, 1_u64)]);
        HashMap::from([(1_u64, 2_u64)]), vec![(1_u64, 2_u64)];
        HashMap::from([("a", None::<u64>)]), HashMap::<&str, Option<u64>>::new();
        HashMap::from([("a", "x".repeat(100))]), HashMap::from([("a", "y".repeat(100))]);
        HashMap::from([("a".repeat(100), 1_u64)]), HashMap::from([("b".repeat(100), 1_u64)]);
        HashSet::from([1_u64]), HashSet::from([1_u64, 2]);
        HashSet::from(["1"]), HashSet::from([1_u64]);
    }
}

fn named_types_that_differ() -> Vec<Row> {
    rows! {
        Meters(3), 3_u64;
        Meters(3), Feet(3);
        Meters(3), (3_u64,);
        Holder(vec![1_u64]), Holder((1_u64,));
        Holder(HashMap::from([("x", 1_u64)])), HashMap::from([("x", 1_u64)]);
        Holder(None::<u64>), None::<u64>;
        Some(Holder(None::<u64>)), Some(None::<u64>);
        Unit, ();
        Unit, "Unit";
        Unit, Empty {};
        EmptyTuple(), Empty {};
        EmptyTuple(), ();
        Pair(1, 2), (1_u64, 2_u64);
        Pair(1, 2), Pair(2, 1);
        Point { x: 1, y: 2 }, Point { x: 2, y: 1 };
        Point { x: 1, y: 2 }, Vector { x: 1, y: 2 };
        Point { x: 1, y: 2 }, HashMap::from([("x", 1_u64), ("y", 2)]);
        Point { x: 1, y: 2 }, Pair(1, 2);
        Spot { x: 1 }, OptionalSpot { x: 1, y: None };
        Shape::Nothing, Form::Nothing;
        Shape::Nothing, "Nothing";
        Shape::Nothing, Unit;
        Shape::One(1), Form::One(1);
        Shape::One(1), Shape::Two(1, 1);
        Shape::One(1), Shape::Named { x: 1 };
        Shape::One(1), HashMap::from([("One", 1_u64)]);
        Shape::Two(1, 2), Shape::Two(2, 1);
        Ok::<u64, u64>(1), Err::<u64, u64>(1);
        Ok::<u64, u64>(1), 1_u64;
    }
}

#[test]
fn different_types_and_contents_never_share_bytes() {
    let mut rows = scalars_that_differ();
    rows.extend(collections_that_differ());
    rows.extend(named_types_that_differ());
    assert_eq!(rows.len(), 42 + 25 + 29);
    for (pair, one, other) in rows {
        assert_ne!(one, other, "{pair}: both are {}", hex(&one));
    }
}

#[test]
fn equal_values_share_bytes_whatever_holds_them() {
    let long = "x".repeat(100);
    let rows = rows! {
        1_u8, 1_i64;
        1_u64, 1_i128;
        -1_i8, -1_i128;
        u64::MAX, u128::from(u64::MAX);
        f64::NAN, f64::from_bits(0xfff8_0000_0000_0001);
        f32::NAN, f32::from_bits(0xffc0_0001);
        "a", String::from("a");
        "a", Cow::Borrowed("a");
        "a", Some("a");
        Some(1_u64), Some(Some(1_u64));
        1_u64, Box::new(1_u64);
        1_u64, &&1_u64;
        1_u64, Wrapping(1_u64);
        vec![1_u64, 2], VecDeque::from([1_u64, 2]);
        vec![1_u64, 2], &[1_u64, 2][..];
        [1_u64, 2], (1_u64, 2_u64);
        HashMap::from([("a", 1_u64), ("b", 2)]), BTreeMap::from([("b", 2_u64), ("a", 1)]);
        HashMap::from([(long.as_str(), &long), ("b", &long)]), BTreeMap::from([("b", &long), (long.as_str(), &long)]);
        HashSet::from([1_u64, 2]), BTreeSet::from([2_u64, 1]);
        &&HashSet::from([1_u64, 2]), Box::new(BTreeSet::from([2_u64, 1]));
        vec![Some(HashSet::from([1_u64, 2, 3]))], vec![Some(BTreeSet::from([1_u64, 2, 3]))];
        Point { x: 1, y: 2 }, Swapped { y: 2, x: 1 };
        (), [0_u64; 0];
    };
    for (pair, one, other) in rows {
        assert_eq!(hex(&one), hex(&other), "{pair}");
    }
}

#[test]
fn a_thousand_hash_maps_and_sets_of_equal_content_share_bytes() {
    let map = || (0..50_u64).map(|index| (format!("key {index}"), index)).collect::<HashMap<_, _>>();
    let set = || (0..50_u64).map(|index| format!("member {index}")).collect::<HashSet<_>>();
    let first = key_bytes(&(map(), set()));
    for _ in 0..1000 {
        assert_eq!(key_bytes(&(map(), set())), first);
    }
}
