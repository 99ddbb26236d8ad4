//! Deterministic CBOR: the bytes that keys are hashed from and that values are kept as.
//!
//! The profile is RFC 8949 with one way to write each item: the shortest head, definite lengths only, floats as wide as
//! their type. `docs/key-format.md` is its specification. What sorts the entries of a map in a key is
//! [`Unordered`](crate::key::Unordered); what turns values into items is left to the front ends.
//!
//! Pure: no input or output, no clock, no environment.

mod decoder;
mod encoder;
mod number;
mod sink;
pub mod tag;

pub use decoder::{Decoder, Item, Malformed};
pub use encoder::Encoder;
pub use number::Number;
pub use sink::Sink;
