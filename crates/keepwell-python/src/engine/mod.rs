//! What is asked of the engine as a whole: its program, its counters, its hash function.

use std::ffi::OsString;

use keepwell_core::event;
use keepwell_core::key::Digest;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

/// Adds what this folder defines to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(run_program, module)?)?;
    module.add_function(wrap_pyfunction!(counters, module)?)?;
    module.add_function(wrap_pyfunction!(digest, module)?)?;
    module.add_class::<Input>()
}

/// What stands for a value until a task or flow is called with it: a future, a state, an annotation. Their classes derive
/// from it, so that arguments which hold one are told from those that hold none without looking closer.
#[pyclass(subclass, frozen, module = "keepwell._core")]
pub(crate) struct Input;

#[pymethods]
impl Input {
    #[new]
    #[pyo3(signature = (*_arguments, **_named))]
    fn new(_arguments: &Bound<'_, PyTuple>, _named: Option<&Bound<'_, PyDict>>) -> Self {
        Self
    }
}

/// The BLAKE3-256 digest of the bytes: 32 bytes.
#[pyfunction]
fn digest<'py>(py: Python<'py>, data: &[u8]) -> Bound<'py, PyBytes> {
    PyBytes::new(py, Digest::of(data).as_bytes())
}

/// Runs the program `keepwell` with these arguments, the program's name first, and returns its exit code.
#[pyfunction]
fn run_program(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| keepwell_cli::run(arguments))
}

/// How often each thing has happened since the process began: hits by where they were found, misses by their reason,
/// problems by their kind.
#[pyfunction]
fn counters(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let counts = PyDict::new(py);
    for (count, number) in event::counts() {
        counts.set_item(count.label(), number)?;
    }
    Ok(counts)
}
