//! Values as bytes: what serde can describe becomes deterministic CBOR, for keys and as the form that results are kept in.
//!
//! A *key* is written to be compared: every map is sorted, long entries stand as digests, a newtype shows its name. A
//! *value* is written to be read back: maps keep their order, nothing is left out. `docs/key-format.md` has the bytes.
//! The items themselves are written and read by [`keepwell_core::cbor`]; the parts of a key are put together by
//! [`keepwell_core::policy`].

mod access;
mod codec;
mod compound;
mod deserializer;
#[doc(hidden)]
pub mod dispatch;
mod failure;
#[doc(hidden)]
pub mod formats;
mod numbers;
mod serializer;
mod set;
mod stack;
#[doc(hidden)]
pub mod verdict;

pub use codec::{from_slice, to_vec, write_key};
pub use numbers::{NumberBuffer, NumberSlice};
