//! The contract of storages as a suite that a user's own object can be put to.

use keepwell_testing::storage::conformance;
use pyo3::prelude::*;

use super::python_storage::PythonStorage;
use super::user_object::UserObject;

/// Runs every clause of the contract on what `new_storage` gives, which is called for each anew: the clauses, each with how
/// it was broken or `None`.
#[pyfunction]
pub(super) fn storage_conformance(py: Python<'_>, new_storage: Py<PyAny>) -> Vec<(&'static str, Option<String>)> {
    let outcomes = py.detach(|| conformance::run_all(|| made_by(&new_storage)).outcomes);
    outcomes.into_iter().map(|outcome| (outcome.clause, outcome.failure)).collect()
}

/// Panics, which the suite reports of the clause, where the user's function fails.
fn made_by(new_storage: &Py<PyAny>) -> PythonStorage {
    let made = Python::attach(|py| UserObject::of(&new_storage.bind(py).call0()?));
    PythonStorage::new(made.unwrap_or_else(|exception| panic!("no storage could be made: {exception}")))
}
