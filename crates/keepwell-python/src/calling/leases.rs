//! The leases that an async body relies on: its event loop is told when one is lost, and cancels it.

use std::sync::Arc;

use keepwell_core::lock::lease::{Lease, LeaseState};
use keepwell_core::transaction::{self, Transaction};
use parking_lot::Mutex;
use pyo3::exceptions::PyRuntimeError;
use pyo3::intern;
use pyo3::prelude::*;

use super::wake::{Waiting, until_any};
use crate::error;

/// The leases whose loss cancels an async body.
#[pyclass(frozen, module = "keepwell._core")]
pub(crate) struct Leases {
    leases: Vec<Arc<Lease>>,
    waiting: Mutex<Vec<Waiting>>,
}

impl Leases {
    /// What a body in this transaction is to heed, if there is anything.
    pub(super) fn of(transaction: &Transaction) -> Option<Self> {
        let leases = transaction.leases_to_heed();
        (!leases.is_empty()).then(|| Self { leases, waiting: Mutex::default() })
    }
}

#[pymethods]
impl Leases {
    /// A future of the running event loop that ends once any of them is lost. One that was asked for before never does.
    fn lost(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let (future, waiting) = until_any(py, self.leases.iter().map(|lease| lease.lost()))?;
        *self.waiting.lock() = waiting;
        Ok(future)
    }

    /// The exception that a body ends with which was cancelled because of that.
    fn error(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let lost = self.leases.iter().find(|lease| lease.state() == LeaseState::Lost);
        let lost = lost.ok_or_else(|| PyRuntimeError::new_err("none of the leases is lost"))?;
        let exception = error::exception(py, &transaction::cancelled(lost));
        exception.value(py).setattr(intern!(py, "_keepwell_cancelled"), true)?;
        Ok(exception.into_value(py).into_any())
    }
}

/// Whether an exception is that of a body which has just been cancelled since a lease was lost: there is no other attempt. It
/// is said once; to a run around, it is an exception like any other.
pub(crate) fn was_cancelled(py: Python<'_>, exception: &PyErr) -> bool {
    let (exception, mark) = (exception.value(py), intern!(py, "_keepwell_cancelled"));
    exception.hasattr(mark).unwrap_or_default() && exception.delattr(mark).is_ok()
}
