//! Operations on records, what became of them, and whether what is there can be explained by them.

mod aftermath;
mod explain;
mod operation;
mod plan;
mod power;
mod records;

pub(crate) use aftermath::{left, succeed};
pub(crate) use explain::{Event, Fate, State, explain};
pub(crate) use operation::{Change, Item, Operation};
pub(crate) use plan::{KEYS, Plan};
pub(crate) use power::explain_power_cut;
pub(crate) use records::{Records, options, state_of};
