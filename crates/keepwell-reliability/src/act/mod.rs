//! Acts: the few things that a process does with a store, each prepared so that it can be done again and again from the same
//! beginning, and struck at every system call.

mod case;
mod cases;
mod stage;

pub(crate) use case::Case;
pub(crate) use cases::{BARRIERS, CASES};
pub(crate) use stage::{Stage, play};
