//! What surrounds the code that is running: its flow run, task run, transaction and tags.
//!
//! Kept in one context variable (PEP 567), so it is right under threads that copy their context, under asyncio and in
//! generators alike. What Python's own context classes show is made only when it is asked for.

mod flow;
mod surroundings;
mod task;

use pyo3::prelude::*;

pub(crate) use flow::{FlowSurroundings, digest_of};
pub(crate) use surroundings::{Around, Surroundings, current, enter, leave};
pub(crate) use task::TaskSurroundings;

/// Adds what this folder defines to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Surroundings>()?;
    surroundings::register(module)
}
