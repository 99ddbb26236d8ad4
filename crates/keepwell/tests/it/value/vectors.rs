//! The golden vectors that every front end must reproduce: `parity/keys.json`.
//!
//! They were made by a second implementation, from `docs/key-format.md`. A `value` describes what to encode; where there is
//! a `python` expression instead, only Python has such a value, and it is checked here for being well-formed.

use keepwell::value::write_key;
use keepwell_core::cbor::{Decoder, Encoder, Number};
use keepwell_core::key::{Digest, KeyHasher, Part, compose, named_digests};
use serde::ser::{Error, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct};
use serde::ser::{SerializeTupleVariant, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashSet;

use super::hex;

#[derive(Deserialize)]
struct Vectors {
    values: Vec<ValueVector>,
    keys: Vec<KeyVector>,
}

#[derive(Deserialize)]
struct ValueVector {
    name: String,
    value: Option<Described>,
    bytes: String,
    digest: String,
}

#[derive(Deserialize)]
struct KeyVector {
    name: String,
    inputs: Option<Vec<(String, Described)>>,
    flow_parameters: Option<Vec<(String, Described)>>,
    task_source: Option<String>,
    build: Option<String>,
    run_id: Option<String>,
    #[serde(default)]
    key_functions: Vec<(String, String)>,
    key: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Described {
    Null(()),
    Bool(bool),
    Int(String),
    F64(String),
    F32(String),
    Text(String),
    Char(char),
    Bytes(String),
    List(Vec<Described>),
    Tuple(Vec<Described>),
    Set(Vec<Described>),
    Map(Vec<(Described, Described)>),
    NestedNone(u64),
    Record(Vec<Value>),
    Enum(Vec<Value>),
    Numbers(String, Vec<serde_json::Number>),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fields {
    Fields(Vec<Described>),
    Named(Vec<(String, Described)>),
}

fn vectors() -> Vectors {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../parity/keys.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn leaked(name: &Value) -> &'static str {
    name.as_str().unwrap().to_owned().leak()
}

impl Serialize for Described {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null(()) => serializer.serialize_none(),
            Self::Bool(value) => value.serialize(serializer),
            Self::Int(digits) => match digits.parse::<i128>() {
                Ok(number) => number.serialize(serializer),
                Err(_) => digits.parse::<u128>().map_err(S::Error::custom)?.serialize(serializer),
            },
            Self::F64(digits) => digits.parse::<f64>().map_err(S::Error::custom)?.serialize(serializer),
            Self::F32(digits) => digits.parse::<f32>().map_err(S::Error::custom)?.serialize(serializer),
            Self::Text(text) => text.serialize(serializer),
            Self::Char(character) => character.serialize(serializer),
            Self::Bytes(digits) => serializer.serialize_bytes(&from_hex(digits)),
            Self::List(list) => list.serialize(serializer),
            Self::Tuple(items) => {
                let mut tuple = serializer.serialize_tuple(items.len())?;
                items.iter().try_for_each(|item| tuple.serialize_element(item))?;
                tuple.end()
            }
            // A newtype or wrapper would hide the set's type: one level of `Some` shows it and leaves no trace.
            Self::Set(members) => serializer.serialize_some(&members.iter().collect::<HashSet<_>>()),
            Self::Map(entries) => serializer.collect_map(entries.iter().map(|(key, value)| (key, value))),
            Self::NestedNone(0) => serializer.serialize_none(),
            Self::NestedNone(layers) => serializer.serialize_some(&Self::NestedNone(layers - 1)),
            Self::Record(parts) => serialize_record(parts, serializer),
            Self::Enum(parts) => serialize_member(parts, serializer),
            Self::Numbers(..) => Err(S::Error::custom("numbers are no serde value")),
        }
    }
}

fn serialize_record<S: Serializer>(parts: &[Value], serializer: S) -> Result<S::Ok, S::Error> {
    let name = leaked(&parts[0]);
    match parts.get(1).map(|fields| serde_json::from_value(fields.clone()).unwrap()) {
        None => serializer.serialize_unit_struct(name),
        Some(Fields::Fields(fields)) if fields.len() == 1 => serializer.serialize_newtype_struct(name, &fields[0]),
        Some(Fields::Fields(fields)) => {
            let mut record = serializer.serialize_tuple_struct(name, fields.len())?;
            fields.iter().try_for_each(|field| record.serialize_field(field))?;
            record.end()
        }
        Some(Fields::Named(fields)) => {
            let mut record = serializer.serialize_struct(name, fields.len())?;
            for (name, field) in fields {
                record.serialize_field(name.leak(), &field)?;
            }
            record.end()
        }
    }
}

fn serialize_member<S: Serializer>(parts: &[Value], serializer: S) -> Result<S::Ok, S::Error> {
    let (name, variant) = (leaked(&parts[0]), leaked(&parts[1]));
    match parts.get(2).map(|fields| serde_json::from_value(fields.clone()).unwrap()) {
        None => serializer.serialize_unit_variant(name, 0, variant),
        Some(Fields::Fields(fields)) if fields.len() == 1 => {
            serializer.serialize_newtype_variant(name, 0, variant, &fields[0])
        }
        Some(Fields::Fields(fields)) => {
            let mut member = serializer.serialize_tuple_variant(name, 0, variant, fields.len())?;
            fields.iter().try_for_each(|field| member.serialize_field(field))?;
            member.end()
        }
        Some(Fields::Named(fields)) => {
            let mut member = serializer.serialize_struct_variant(name, 0, variant, fields.len())?;
            for (name, field) in fields {
                member.serialize_field(name.leak(), &field)?;
            }
            member.end()
        }
    }
}

fn numbers<N: Number>(numbers: &[serde_json::Number], parse: impl Fn(f64) -> N) -> Vec<u8> {
    let numbers: Vec<N> = numbers.iter().map(|number| parse(number.as_f64().unwrap())).collect();
    let mut bytes = Vec::new();
    Encoder::new(&mut bytes).numbers(&numbers);
    bytes
}

fn encode(described: &Described) -> Vec<u8> {
    match described {
        Described::Numbers(kind, list) => match kind.as_str() {
            "u8" => numbers(list, |number| number as u8),
            "u16" => numbers(list, |number| number as u16),
            "u32" => numbers(list, |number| number as u32),
            "u64" => numbers(list, |number| number as u64),
            "i8" => numbers(list, |number| number as i8),
            "i16" => numbers(list, |number| number as i16),
            "i32" => numbers(list, |number| number as i32),
            "i64" => numbers(list, |number| number as i64),
            "f32" => numbers(list, |number| number as f32),
            "f64" => numbers(list, |number| number),
            other => panic!("no such numbers: {other}"),
        },
        value => {
            let mut bytes = Vec::new();
            write_key(value, "value", &mut bytes).unwrap();
            bytes
        }
    }
}

fn digest_of_named(named: &[(String, Described)]) -> Digest {
    let mut digests: Vec<(&str, Digest)> =
        named.iter().map(|(name, value)| (name.as_str(), Digest::of(&encode(value)))).collect();
    named_digests(&mut digests, &mut KeyHasher::new())
}

fn parts(vector: &KeyVector) -> Vec<(Part, Digest)> {
    let text_digest = |text: &String| Digest::of(text.as_bytes());
    let known = [
        (Part::Inputs, vector.inputs.as_deref().map(digest_of_named)),
        (Part::FlowParameters, vector.flow_parameters.as_deref().map(digest_of_named)),
        (Part::TaskSource, vector.task_source.as_ref().map(text_digest)),
        (Part::Build, vector.build.as_ref().map(text_digest)),
        (Part::RunId, vector.run_id.as_deref().map(|id| Digest::of(&from_hex(id)))),
    ];
    let functions = vector.key_functions.iter().map(|(name, text)| {
        (Part::KeyFunction(name.as_str().into()), Digest::of(&encode(&Described::Text(text.clone()))))
    });
    let known = known.into_iter().filter_map(|(part, digest)| Some((part, digest?)));
    known.chain(functions).collect()
}

#[test]
fn every_golden_value_has_its_bytes_and_digest() {
    for vector in vectors().values {
        let bytes = match &vector.value {
            Some(described) => encode(described),
            None => from_hex(&vector.bytes),
        };
        assert_eq!(hex(&bytes), vector.bytes, "{}", vector.name);
        assert_eq!(Digest::of(&bytes).to_hex(), vector.digest, "{}", vector.name);
        let mut decoder = Decoder::new(&bytes);
        assert_eq!((decoder.skip(), decoder.finish()), (Ok(()), Ok(())), "{}", vector.name);
    }
}

#[test]
fn every_golden_key_comes_of_its_parts() {
    for vector in vectors().keys {
        let key = compose(&mut parts(&vector), &mut KeyHasher::new());
        assert_eq!(key.as_str(), vector.key, "{}", vector.name);
    }
}
