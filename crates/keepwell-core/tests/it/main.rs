//! The engine's integration tests, as one binary.

mod cbor;
mod policy;
