//! Flows: what `@flow` makes of a function.
//!
//! [`FlowDefinitionHandle`] is what the options amount to, made once; a [`FlowCallHandle`] is one call on its way.

mod call;
mod caller;
mod definition;

use pyo3::prelude::*;

use call::FlowCallHandle;
use definition::FlowDefinitionHandle;

/// Adds what this folder defines to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<FlowDefinitionHandle>()?;
    module.add_class::<FlowCallHandle>()
}
