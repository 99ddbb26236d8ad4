//! The integration tests of the engine, as one binary.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod settings;
