//! A call from its arguments to its end, for tasks, flows and transactions alike.
//!
//! The engine decides how a call ends. What it asks a front end for is answered by a [`Caller`]. The user's code is run in
//! one of two ways: [`blocking`] calls it and waits; a [`Run`] hands what there is to await (or to iterate) to a few
//! lines of Python, and is told what came of it.

mod blocking;
mod caller;
mod hook;
mod leases;
mod lock;
pub(crate) mod remote;
mod run;
mod signal;
mod waiting;
mod wake;

use pyo3::prelude::*;

pub(crate) use blocking::drive;
pub(crate) use caller::{Caller, Finished, Work};
pub(crate) use hook::{Hooks, call as call_hook, visit_hooks};
pub(crate) use leases::was_cancelled;
pub(crate) use run::Run;
pub(crate) use signal::is_ordinary;

/// Adds what this folder defines to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<leases::Leases>()?;
    module.add_class::<Run>()
}
