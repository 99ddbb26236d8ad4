//! How the macro's choice by traits turns out.

#![allow(clippy::needless_borrow, reason = "the macro writes every layer of references, whichever is used")]

use std::any::type_name;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use keepwell::value::dispatch::{
    ByNothing, ByNumbers, BySerialize, CloneByClone, CloneByNothing, CodecByNothing, CodecByNumbers, CodecBySerialize,
    Probe,
};
use keepwell::value::to_vec;
use keepwell_core::{Error, ErrorKind};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{hex, key_bytes};

/// What the macro writes for an argument.
macro_rules! argument {
    ($value:expr) => {{
        let value = $value;
        let mut bytes = Vec::new();
        (&&&Probe::of(&value)).write_key()(&value, "x", &mut bytes).map(|()| hex(&bytes))
    }};
}

/// What the macro writes for a return type.
macro_rules! round_trip {
    ($type:ty, $value:expr) => {{
        let codec = (&&&Probe::<$type>::new()).codec().unwrap();
        let value: $type = $value;
        let bytes = (codec.encode)(&value).unwrap();
        assert_eq!((codec.decode)(&bytes).unwrap(), value);
        hex(&bytes)
    }};
}

#[derive(Debug)]
struct Opaque;

fn in_a_generic_function<T: Serialize>(value: T) -> Result<String, Error> {
    argument!(value)
}

fn without_bounds<T>(value: T) -> Result<String, Error> {
    argument!(value)
}

fn behind_a_reference<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    argument!(value)
}

fn of_impl(value: impl Serialize) -> Result<String, Error> {
    argument!(value)
}

#[test]
fn numbers_side_by_side_are_one_typed_array() {
    let expected = "d85648000000000000f03f";
    assert_eq!(argument!(vec![1.0_f64]).unwrap(), expected);
    assert_eq!(argument!(&vec![1.0_f64]).unwrap(), expected);
    assert_eq!(argument!([1.0_f64]).unwrap(), expected);
    assert_eq!(argument!(&[1.0_f64][..]).unwrap(), expected);
    assert_eq!(argument!(Arc::<[f64]>::from([1.0])).unwrap(), expected);
    assert_eq!(argument!(Box::new([1.0_f64])).unwrap(), expected);
    assert_eq!(argument!(vec![1_u8, 2]).unwrap(), "420102");
    assert_eq!(argument!(vec![1_i32]).unwrap(), "d84e4401000000");
}

#[test]
fn anything_else_goes_through_serde() {
    assert_eq!(argument!(1_u64).unwrap(), "01");
    assert_eq!(argument!("a").unwrap(), "6161");
    assert_eq!(argument!(&&"a").unwrap(), "6161");
    assert_eq!(argument!(String::from("a")).unwrap(), "6161");
    assert_eq!(argument!(vec![Some(1_u8)]).unwrap(), "8101");
    assert_eq!(argument!(vec![vec![1.0_f64]]).unwrap(), hex(&key_bytes(&[[1.0]].map(Vec::from).to_vec())));
    assert_eq!(argument!(HashMap::from([(1, 2)])).unwrap(), "a10102");
}

#[test]
fn in_a_generic_function_the_declared_bounds_decide() {
    let one_by_one = "81fb3ff0000000000000";
    assert_eq!(in_a_generic_function(vec![1.0_f64]).unwrap(), one_by_one);
    assert_eq!(behind_a_reference(&vec![1.0_f64]).unwrap(), one_by_one);
    assert_eq!(behind_a_reference("a").unwrap(), "6161");
    assert_eq!(of_impl(vec![1.0_f64]).unwrap(), one_by_one);
    let error = without_bounds(1_u8).unwrap_err().to_string();
    assert_eq!(error, "cannot hash `parameters.x`: `u8` is not known to be `Serialize`");
}

#[test]
fn what_cannot_be_written_is_an_error_that_names_the_type() {
    let error = argument!(Opaque).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Key);
    let name = type_name::<Opaque>();
    assert_eq!(error.to_string(), format!("cannot hash `parameters.x`: `{name}` is not known to be `Serialize`"));
    let hint = "leave it out with `INPUTS - \"x\"`, name results with a `cache_key_fn`, or use `NO_CACHE`";
    assert_eq!(error.hint(), Some(hint));
    assert!(argument!(vec![Opaque]).is_err());
    assert!(argument!(&Opaque).is_err());
}

#[test]
fn results_come_back_by_the_way_that_their_type_has() {
    assert_eq!(round_trip!(Vec<f64>, vec![1.0]), "d85648000000000000f03f");
    assert_eq!(round_trip!([u16; 2], [1, 2]), "d8454401000200");
    assert_eq!(round_trip!(Box<[u8]>, Box::from([1])), "4101");
    assert_eq!(round_trip!(Arc<[u8]>, Arc::from([1])), "4101");
    assert_eq!(round_trip!((), ()), "da6b77000080");
    assert_eq!(round_trip!(String, "a".to_owned()), "6161");
    assert_eq!(round_trip!(Option<Vec<f64>>, Some(vec![1.0])), "81fb3ff0000000000000");
    let error = (&&&Probe::<Opaque>::new()).codec().unwrap_err();
    let name = type_name::<Opaque>();
    let expected = format!("cannot keep a `{name}`: it is not known to be `Serialize` and `DeserializeOwned`");
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Serialization, expected));
}

#[test]
fn numbers_written_one_by_one_are_read_as_numbers_too() {
    let codec = (&&&Probe::<Vec<f64>>::new()).codec().unwrap();
    assert_eq!((codec.decode)(&to_vec(&[Some(1.0), Some(2.0)]).unwrap()).unwrap(), [1.0, 2.0]);
    let three = (&&&Probe::<[f64; 3]>::new()).codec().unwrap();
    let error = (three.decode)(&to_vec(&[1.0, 2.0]).unwrap()).unwrap_err().to_string();
    assert_eq!(error, "cannot deserialize `result`: 2 numbers are not as many as the type has");
}

#[test]
fn a_generic_result_is_kept_if_its_bounds_allow() {
    fn codec_of<T: Serialize + DeserializeOwned>(value: &T) -> Vec<u8> {
        ((&&&Probe::<T>::new()).codec().unwrap().encode)(value).unwrap()
    }
    assert_eq!(hex(&codec_of(&vec![1.0_f64])), "81fb3ff0000000000000");
}

#[test]
fn only_what_is_clone_is_cloned() {
    let cloner = (&&Probe::<String>::new()).cloner().unwrap();
    assert_eq!(cloner(&"a".to_owned()), "a");
    assert!((&&Probe::<Opaque>::new()).cloner().is_none());
    assert!((&&Probe::<Mutex<u8>>::new()).cloner().is_none());
    fn of_generic<T>() -> bool {
        (&&Probe::<T>::new()).cloner().is_some()
    }
    assert!(!of_generic::<u8>());
}
