//! Verification: looking at everything that a store keeps, saying what is wrong with it, and putting right what can be.
//!
//! What is done about a problem is what a reader or writer would do who met it. Nothing is decoded into values, and nothing
//! that somebody else could still use is taken away.

mod blobs;
mod foreign;
mod ill;
mod problem;
mod record;
mod report;
mod transactions;
mod unnamed;
mod walk;

pub use problem::{Problem, Remedy, Subject, Trouble};
pub use report::Verification;
pub use unnamed::CollectedBlobs;
