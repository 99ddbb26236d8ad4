//! Benchmarks of keepwell, alone and beside its neighbours.
//!
//! The binary `compare` runs everything that `BENCHMARKS.md` quotes, in one process and in turn, so that a noisy machine
//! disturbs both sides of a ratio alike. `benches/engine.rs` times the engine's parts for whoever works on them.

pub mod contest;
pub mod memory;
pub mod tasks;
