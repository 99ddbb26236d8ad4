//! The Rust front end's integration tests, as one binary.

mod value;
