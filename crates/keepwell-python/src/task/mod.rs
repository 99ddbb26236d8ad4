//! Tasks: what `@task` makes of a function.
//!
//! [`BaseTask`] is what Python's `Task` derives from: calling it is calling into Rust. [`Prepared`] is its definition, made
//! once; `caller` is one call on its way.

mod arguments;
mod base;
mod body;
mod caller;
mod details;
mod identifier;
mod key;
mod parameters;
mod prepared;
mod state;

use pyo3::prelude::*;

pub(crate) use arguments::Arguments;
pub(crate) use base::{BaseTask, source_of};
pub(crate) use body::{BodyEnd, describe, stopped, words};
pub(crate) use details::RunDetails;
pub(crate) use parameters::Parameters;
pub(crate) use prepared::{FunctionKind, Given, hooks, visit_run_hooks};
pub(crate) use state::final_state;

/// Adds what this folder defines to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<base::Decided>()?;
    module.add_class::<RunDetails>()?;
    module.add_class::<identifier::RunIdentifier>()?;
    module.add_class::<BaseTask>()
}
