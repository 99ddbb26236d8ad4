//! The engine's integration tests, as one binary.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod cbor;
mod policy;
