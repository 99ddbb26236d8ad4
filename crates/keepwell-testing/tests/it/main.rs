//! Tests of the test tools: they must find what is wrong, and nothing where nothing is.

#![allow(clippy::unwrap_used, reason = "this is all tests")]

mod planned_failures;
#[cfg(all(feature = "simulation", feature = "planted-mistakes"))]
mod planted_mistakes;
#[cfg(feature = "simulation")]
mod simulation;
mod wrong_storages;
