//! A result store, for Python.

use std::sync::Arc;

use keepwell_core::clock::Timestamp;
use keepwell_core::key::CacheKey;
use keepwell_core::record::{Expiration, Provenance};
use keepwell_core::store::{LookUp, ResultStore, Write, commit};
use keepwell_core::{Error, ErrorKind};
use pyo3::prelude::*;

use super::record::StoredRecord;
use super::{options, serializing};
use crate::{error, fork, storage};

/// Where records are looked up and put: storages, lock manager and memory layer as one.
#[pyclass(frozen, name = "ResultStore", module = "keepwell._core")]
#[derive(Debug)]
pub(crate) struct PyResultStore {
    store: Arc<ResultStore>,
}

impl PyResultStore {
    /// Shows a store of the engine to Python.
    pub(crate) fn of(store: Arc<ResultStore>) -> Self {
        Self { store }
    }

    /// The engine's store.
    pub(crate) fn inner(&self) -> &Arc<ResultStore> {
        &self.store
    }
}

#[pymethods]
impl PyResultStore {
    /// The store that the settings name, with what is given in their place. The type of the serializer says whether
    /// results are compressed.
    #[new]
    #[pyo3(signature = (*, result_storage=None, key_storage=None, lock_manager=None, memory=true, serializer=None))]
    fn new(
        py: Python<'_>,
        result_storage: Option<&Bound<'_, PyAny>>,
        key_storage: Option<&Bound<'_, PyAny>>,
        lock_manager: Option<&Bound<'_, PyAny>>,
        memory: bool,
        serializer: Option<&str>,
    ) -> PyResult<Self> {
        let options = options::options(py, result_storage, key_storage, lock_manager, memory, serializer)?;
        Ok(Self::of(Arc::new(ResultStore::new(options))))
    }

    /// Where results are: a path or URL, or the user's own object.
    #[getter]
    fn result_storage<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        storage::python_form(py, self.store.result_storage())
    }

    /// Where records are kept apart from results: a path or URL, or the user's own object; `None` where they are not.
    #[getter]
    fn key_storage<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.store.key_storage().map(|storage| storage::python_form(py, storage))
    }

    /// The record under a key.
    ///
    /// Raises `MissingResult` with the reason where there is none that counts.
    fn read(&self, py: Python<'_>, key: &str) -> PyResult<StoredRecord> {
        let key = key_of(py, key)?;
        match self.run(py, |store| store.look_up(&key))? {
            LookUp::Hit { record, .. } => Ok(StoredRecord::of(&record)),
            LookUp::Miss(reason) => {
                let place = self.place();
                let missing =
                    Error::new(ErrorKind::Missing, format!("no record under key `{key}` in {place}: {reason}"));
                Err(error::exception(py, &missing))
            }
        }
    }

    /// Whether there is a record under a key that counts. No result is read.
    fn exists(&self, py: Python<'_>, key: &str) -> PyResult<bool> {
        let key = key_of(py, key)?;
        self.run(py, |store| store.exists(&key))
    }

    /// Keeps a value under a key, until `expiration` in milliseconds since the epoch or for ever.
    #[pyo3(signature = (key, value, serializer, expiration=None))]
    fn write(
        &self,
        py: Python<'_>,
        key: &str,
        value: &Bound<'_, PyAny>,
        serializer: &Bound<'_, PyAny>,
        expiration: Option<u64>,
    ) -> PyResult<()> {
        let write = Write {
            store: Arc::clone(&self.store),
            key: key_of(py, key)?,
            value: serializing::encode(serializer, value)?,
            expiration: expiration.map_or(Expiration::Never, |at| Expiration::At(Timestamp::from_millis(at))),
            provenance: Arc::new(Provenance::default()),
            claim: None,
        };
        self.run(py, |_| commit(&[write]).map(drop))
    }

    /// Removes the record under a key, and says whether there was one. Results that are kept apart stay.
    fn remove(&self, py: Python<'_>, key: &str) -> PyResult<bool> {
        let key = key_of(py, key)?;
        self.run(py, |store| store.remove(&key))
    }
}

impl PyResultStore {
    /// Asks the engine while other threads may use the interpreter.
    fn run<T: Send>(&self, py: Python<'_>, ask: impl FnOnce(&ResultStore) -> Result<T, Error> + Send) -> PyResult<T> {
        fork::detached(py, || ask(&self.store)).map_err(|failure| error::exception(py, &failure))
    }

    fn place(&self) -> String {
        self.store.key_storage().unwrap_or_else(|| self.store.result_storage()).location()
    }
}

fn key_of(py: Python<'_>, key: &str) -> PyResult<CacheKey> {
    CacheKey::new(key).map_err(|failure| error::exception(py, &failure))
}

/// Python's `ResultStore` for a store of the engine.
pub(crate) fn shown(py: Python<'_>, store: &Arc<ResultStore>) -> PyResult<Py<PyAny>> {
    let class = py.import("keepwell.results")?.getattr("ResultStore")?;
    class.call_method1("_of_engine", (PyResultStore::of(Arc::clone(store)),)).map(Bound::unbind)
}

/// The engine's store of Python's `ResultStore`.
pub(crate) fn engine_store(store: &Bound<'_, PyAny>) -> PyResult<Arc<ResultStore>> {
    let engine = store.call_method0("_engine")?;
    Ok(Arc::clone(engine.cast::<PyResultStore>()?.get().inner()))
}
