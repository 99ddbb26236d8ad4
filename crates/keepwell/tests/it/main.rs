//! Tests of the Rust front end through its public face.

#![allow(clippy::unwrap_used, reason = "clippy exempts test functions, not the fixtures beside them")]

mod attributes;
mod compile;
mod parity;
mod value;
