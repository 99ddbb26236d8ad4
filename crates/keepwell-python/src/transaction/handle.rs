//! The engine's handle to a transaction as a Python object.

use std::any::Any;
use std::sync::Arc;

use keepwell_core::key::CacheKey;
use keepwell_core::record::EncodedValue;
use keepwell_core::transaction::{
    CommitMode, Ending, IsolationLevel, Owner, Transaction, TransactionOptions, TransactionState,
};
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;

use super::caller::{Beginning, End};
use crate::calling::{self, Finished, Hooks, Run};
use crate::policy::{isolation_of, name_of_member};
use crate::{context, error, serializer, store};

/// A transaction, of the user's own or of a task run. Equal if it is the same one.
#[pyclass(frozen, module = "keepwell._core", name = "Transaction")]
pub(crate) struct TransactionHandle(Transaction);

/// The name under which a weak reference to the Python object of a transaction is kept with it, so that it is the same object
/// each time.
const SHOWN: &str = "\0python object";

struct Kept(Py<PyAny>);

impl TransactionHandle {
    pub(crate) fn inner(&self) -> &Transaction {
        &self.0
    }

    /// The Python object that stands for a transaction: the one that began it, or else one made for it.
    pub(crate) fn shown<'py>(py: Python<'py>, transaction: &Transaction) -> PyResult<Bound<'py, PyAny>> {
        if let Some(kept) = own_value(transaction, SHOWN) {
            let shown = kept.0.bind(py).call0()?;
            if !shown.is_none() {
                return Ok(shown);
            }
        }
        let class = py.import(intern!(py, "keepwell.transactions"))?.getattr(intern!(py, "Transaction"))?;
        class.call_method1(intern!(py, "_of_engine"), (Self(transaction.clone()),))
    }
}

impl From<Transaction> for TransactionHandle {
    fn from(transaction: Transaction) -> Self {
        Self(transaction)
    }
}

#[pymethods]
impl TransactionHandle {
    /// Opens a transaction inside the one around, if there is one.
    ///
    /// # Errors
    /// `TransactionAborted` if the one around was rolled back; `ValueError` for an empty key.
    #[new]
    #[pyo3(signature = (key, store, commit_mode, isolation_level, overwrite, write_on_commit))]
    fn new(
        py: Python<'_>,
        key: Option<String>,
        store: Option<&Bound<'_, PyAny>>,
        commit_mode: Option<&Bound<'_, PyAny>>,
        isolation_level: Option<&Bound<'_, PyAny>>,
        overwrite: bool,
        write_on_commit: bool,
    ) -> PyResult<Self> {
        let key = key.map(CacheKey::new).transpose().map_err(|error| error::exception(py, &error))?;
        let options = TransactionOptions {
            owner: Owner::Block,
            key,
            store: store.map(store::engine_store).transpose()?,
            isolation_level: isolation_level.map(isolation_of).transpose()?,
            commit_mode: commit_mode.map(commit_mode_of).transpose()?,
            overwrite,
            write_on_commit,
        };
        let around = context::current(py)?;
        let opened = Transaction::open(around.transaction.as_ref(), options);
        opened.map(Self).map_err(|error| error::exception(py, &error))
    }

    /// Keeps a weak reference to the Python object that stands for the transaction.
    fn show_as(&self, reference: Py<PyAny>) {
        self.0.set(SHOWN, Arc::new(Kept(reference)));
    }

    /// Looks for the record and takes the lock where that is asked for.
    fn begin(&self, py: Python<'_>) -> Finished {
        calling::drive(py, &mut Beginning(self.0.clone()))
    }

    /// [`begin`](Self::begin), to be awaited.
    fn begin_run(&self, py: Python<'_>) -> Run {
        Run::new(py, Beginning(self.0.clone()), true)
    }

    /// Ends the transaction: `returned` says whether the code inside did, and only then anything is committed.
    fn end(&self, py: Python<'_>, returned: bool) -> Finished {
        calling::drive(py, &mut End(self.0.clone(), ending(returned)))
    }

    /// [`end`](Self::end), to be awaited.
    fn end_run(&self, py: Python<'_>, returned: bool) -> Run {
        Run::new(py, End(self.0.clone(), ending(returned)), true)
    }

    /// Stages the value to be kept under the transaction's key.
    ///
    /// # Errors
    /// `SerializationError` if the value cannot be turned into bytes; `TransactionAborted` if the transaction has ended.
    #[pyo3(signature = (value, serializer=None))]
    fn stage(&self, py: Python<'_>, value: &Bound<'_, PyAny>, serializer: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let serializer = match serializer {
            Some(serializer) => serializer::Serializer::of(serializer)?,
            None => serializer::Serializer::default(),
        };
        let encoded: EncodedValue = serializer.encode(py, value).map_err(|error| error::exception(py, &error))?;
        self.0.stage(encoded).map_err(|error| error::exception(py, &error))
    }

    /// Adds a hook that runs once the record is visible.
    fn on_commit(&self, hook: &Bound<'_, PyAny>) -> PyResult<()> {
        self.0.on_commit(Hooks::of_one(hook)?);
        Ok(())
    }

    /// Adds a hook that runs if the transaction is undone.
    fn on_rollback(&self, hook: &Bound<'_, PyAny>) -> PyResult<()> {
        self.0.on_rollback(Hooks::of_one(hook)?);
        Ok(())
    }

    /// Keeps a value under a name, for whoever asks this transaction or one inside it.
    ///
    /// # Errors
    /// `LeaseLostError` if the code inside is running and has lost its lock.
    fn set(&self, py: Python<'_>, name: String, value: Py<PyAny>) -> PyResult<()> {
        self.refuse_if_lost(py)?;
        self.0.set(name, Arc::new(Kept(value)));
        Ok(())
    }

    /// The value under a name, here or in the nearest transaction around that has one, in a tuple; `None` if there is none.
    ///
    /// # Errors
    /// `LeaseLostError` if the code inside is running and has lost its lock.
    fn get(&self, py: Python<'_>, name: &str) -> PyResult<Option<(Py<PyAny>,)>> {
        self.refuse_if_lost(py)?;
        let Some(found) = self.0.get(name) else { return Ok(None) };
        Ok(found.downcast_ref::<Kept>().map(|kept| (kept.0.clone_ref(py),)))
    }

    /// The Python object that stands for the transaction.
    #[getter(shown)]
    fn python_object<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Self::shown(py, &self.0)
    }

    /// The key of the record.
    #[getter]
    fn key(&self) -> Option<&str> {
        self.0.key().map(CacheKey::as_str)
    }

    /// The transaction around, as a Python object.
    #[getter]
    fn parent<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.parent().map(|parent| Self::shown(py, parent)).transpose()
    }

    /// Where it stands: the name of a member of `TransactionState`, or `UNKNOWN`.
    #[getter]
    fn state(&self) -> &'static str {
        match self.0.state() {
            TransactionState::Pending => "PENDING",
            TransactionState::Active => "ACTIVE",
            TransactionState::Staged => "STAGED",
            TransactionState::Committed => "COMMITTED",
            TransactionState::RolledBack => "ROLLED_BACK",
            TransactionState::Unknown => "UNKNOWN",
        }
    }

    /// The isolation level in force.
    #[getter]
    fn isolation_level(&self) -> &'static str {
        match self.0.isolation_level() {
            IsolationLevel::ReadCommitted => "READ_COMMITTED",
            IsolationLevel::Serializable => "SERIALIZABLE",
        }
    }

    /// The commit mode in force.
    #[getter]
    fn commit_mode(&self) -> &'static str {
        match self.0.commit_mode() {
            CommitMode::Eager => "EAGER",
            CommitMode::Lazy => "LAZY",
            CommitMode::Off => "OFF",
        }
    }

    /// Where the record is kept.
    #[getter]
    fn store(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.0.store().map(|kept| store::shown(py, kept)).transpose()
    }

    /// The transaction's identifier.
    #[getter]
    fn id(&self) -> String {
        self.0.id().to_string()
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| other.get().0.id() == self.0.id())
    }

    fn __hash__(&self) -> u64 {
        let (head, _) = self.0.id().as_bytes().split_first_chunk::<8>().map_or(([0; 8], 0), |(head, _)| (*head, 0));
        u64::from_le_bytes(head)
    }
}

impl TransactionHandle {
    /// The hooks that undo what was done may ask for its values whatever has become of the lock.
    fn refuse_if_lost(&self, py: Python<'_>) -> PyResult<()> {
        match self.0.state() {
            TransactionState::Active => self.0.refuse_if_lost().map_err(|error| error::exception(py, &error)),
            TransactionState::Pending
            | TransactionState::Staged
            | TransactionState::Committed
            | TransactionState::RolledBack
            | TransactionState::Unknown => Ok(()),
        }
    }
}

fn ending(returned: bool) -> Ending {
    if returned { Ending::Returned } else { Ending::Failed { name: "the transaction's block".into() } }
}

fn own_value(transaction: &Transaction, name: &str) -> Option<Arc<Kept>> {
    let kept = transaction.own(name)?;
    (kept as Arc<dyn Any + Send + Sync>).downcast::<Kept>().ok()
}

fn commit_mode_of(mode: &Bound<'_, PyAny>) -> PyResult<CommitMode> {
    match name_of_member(mode)?.to_uppercase().as_str() {
        "EAGER" => Ok(CommitMode::Eager),
        "LAZY" => Ok(CommitMode::Lazy),
        "OFF" => Ok(CommitMode::Off),
        other => {
            Err(PyValueError::new_err(format!("`{other}` is no commit mode; there are `EAGER`, `LAZY` and `OFF`")))
        }
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Kept")
    }
}
