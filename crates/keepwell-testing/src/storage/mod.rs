//! Storages under test: the suite that each must pass, and wrappers that fail or crash on purpose.

pub mod conformance;
mod crashing;
mod failing;
mod gated;

pub use crashing::CrashingStorage;
pub use failing::{FailingStorage, Failure};
