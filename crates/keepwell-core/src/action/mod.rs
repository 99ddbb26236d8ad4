//! Actions: what the engine cannot do itself, as data.
//!
//! The engine decides; it reads no file, waits for no lock and runs no user code. A [`Procedure`] is one decision
//! written down as straight code. Where that code needs something from outside it hands out an [`Action`] and goes on
//! when it is given the [`Reply`]. Whoever drives it (blocking or async, Rust or Python) performs actions and decides
//! nothing.
//!
//! Invariant: nothing in this folder, in `run/` or in `transaction/` does input or output, reads a clock or waits.

mod kinds;
mod outside;
mod procedure;

pub use kinds::{Action, BodyOutcome, BodyReport, FailureKind, FrontEndAction, Reply, StoreAction};
pub(crate) use outside::Outside;
pub use procedure::{Procedure, Step};
