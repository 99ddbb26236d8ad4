//! Tests of the engine through its public face.

#![allow(clippy::unwrap_used, reason = "this is all tests")]

mod storage_conformance;
mod storage_folder;
mod storage_process;
