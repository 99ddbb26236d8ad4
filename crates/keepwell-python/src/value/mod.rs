//! Values as bytes: what Python has becomes deterministic CBOR, for keys and as the form that results are kept in.
//!
//! A *key* is written to be compared: every map is sorted, long entries stand as digests, and whatever has a stable
//! content can be part of it. A *value* is written to be read back without running anybody's code: maps keep their order,
//! and only plain data will do. `docs/key-format.md` has the bytes.
//!
//! - [`walk`]: the way through a value, without recursion
//! - [`class`]: which class is written how, found out once for each
//! - [`standard`], [`record`], [`code`], [`content`], [`array`], [`table`]: what is written
//! - [`decode`]: what is read

mod array;
mod bindings;
mod class;
mod code;
mod content;
mod decode;
mod failure;
mod record;
mod register;
mod standard;
mod table;
mod walk;

pub(crate) use bindings::{from_bytes, register, to_bytes, write_key, write_key_or};
pub(crate) use decode::{Sharing, aligned_copy};
pub(crate) use walk::Fallback;
