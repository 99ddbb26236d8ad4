//! keepwell's own lock managers, for Python. What waits lets the interpreter go and looks for signals in between.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use keepwell_core::clock;
use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::{Attempt, FileSystemLockManager, LockManager, MemoryLockManager};
use keepwell_core::{Error, ErrorKind};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::error;
use crate::fork;

/// How long a signal may go unnoticed.
const SLICE: Duration = Duration::from_millis(50);

/// The base of keepwell's lock managers: the locks of this process, or those in a folder.
#[pyclass(subclass, frozen, module = "keepwell._core")]
pub(super) struct Locks {
    manager: Arc<dyn LockManager>,
    memory: Option<MemoryLockManager>,
}

impl Locks {
    pub(super) fn manager(&self) -> &Arc<dyn LockManager> {
        &self.manager
    }

    /// Waits in slices until `attempt`, which is given the longest time that it may take, succeeds or `timeout` has passed.
    fn wait(
        py: Python<'_>,
        timeout: Option<f64>,
        attempt: impl Fn(Duration) -> Result<bool, Error> + Send + Sync,
    ) -> PyResult<bool> {
        let (clock, timeout) = (clock::of_process(), duration(timeout)?);
        let start = clock.monotonic();
        loop {
            let left = timeout.map(|timeout| timeout.saturating_sub(clock.monotonic().saturating_sub(start)));
            let slice = left.map_or(SLICE, |left| left.min(SLICE));
            if fork::detached(py, || attempt(slice)).map_err(|failure| error::exception(py, &failure))? {
                return Ok(true);
            }
            if left.is_some_and(|left| left <= SLICE) {
                return Ok(false);
            }
            py.check_signals()?;
        }
    }
}

#[pymethods]
impl Locks {
    #[new]
    #[pyo3(signature = (lock_files_directory=None))]
    fn new(lock_files_directory: Option<PathBuf>) -> Self {
        match lock_files_directory {
            Some(folder) => Self { manager: Arc::new(FileSystemLockManager::new(folder)), memory: None },
            None => {
                let memory = MemoryLockManager::new();
                Self { manager: Arc::new(memory.clone()), memory: Some(memory) }
            }
        }
    }

    /// Takes the lock, waiting for up to `acquire_timeout` seconds: for ever with `None`, not at all with 0. Says whether it
    /// was granted. It is free again `hold_timeout` seconds later, if that is given. A holder that has the lock is granted it
    /// again.
    #[pyo3(signature = (key, holder, acquire_timeout=None, hold_timeout=None))]
    fn acquire_lock(
        &self,
        py: Python<'_>,
        key: &str,
        holder: &str,
        acquire_timeout: Option<f64>,
        hold_timeout: Option<f64>,
    ) -> PyResult<bool> {
        let (key, holder, hold) = (key_of(py, key)?, Holder::new(holder), duration(hold_timeout)?);
        Self::wait(py, acquire_timeout, |slice| self.manager.acquire_lock(&key, &holder, Some(slice), hold))
    }

    /// Takes the lock if it is free, and does not wait.
    #[pyo3(signature = (key, holder, hold_timeout=None))]
    fn _try_to_acquire(&self, py: Python<'_>, key: &str, holder: &str, hold_timeout: Option<f64>) -> PyResult<bool> {
        let (key, holder, hold) = (key_of(py, key)?, Holder::new(holder), duration(hold_timeout)?);
        match fork::detached(py, || self.manager.try_acquire(&key, &holder, hold)) {
            Ok(Attempt::Granted) => Ok(true),
            Ok(Attempt::Held { .. }) => Ok(false),
            Ok(Attempt::Unreachable { cause: failure, .. }) | Err(failure) => Err(error::exception(py, &failure)),
        }
    }

    /// Gives the lock back. Raises `LeaseLostError`, a `ValueError`, if `holder` has not got it.
    fn release_lock(&self, py: Python<'_>, key: &str, holder: &str) -> PyResult<()> {
        let (key, holder) = (key_of(py, key)?, Holder::new(holder));
        fork::detached(py, || self.manager.release_lock(&key, &holder)).map_err(|failure| match failure.kind() {
            ErrorKind::LeaseLost => error::exception(py, &self.not_held(&key, &holder)),
            _ => error::exception(py, &failure),
        })
    }

    /// Whether anybody has the lock.
    fn is_locked(&self, py: Python<'_>, key: &str) -> PyResult<bool> {
        let key = key_of(py, key)?;
        fork::detached(py, || self.manager.is_locked(&key)).map_err(|failure| error::exception(py, &failure))
    }

    /// Whether `holder` has the lock.
    fn is_lock_holder(&self, py: Python<'_>, key: &str, holder: &str) -> PyResult<bool> {
        let (key, holder) = (key_of(py, key)?, Holder::new(holder));
        fork::detached(py, || self.manager.is_lock_holder(&key, &holder))
            .map_err(|failure| error::exception(py, &failure))
    }

    /// Waits until the lock is free, for up to `timeout` seconds, without taking it. Says whether it was.
    #[pyo3(signature = (key, timeout=None))]
    fn wait_for_lock(&self, py: Python<'_>, key: &str, timeout: Option<f64>) -> PyResult<bool> {
        let key = key_of(py, key)?;
        Self::wait(py, timeout, |slice| self.manager.wait_for_lock(&key, Some(slice)))
    }

    /// How many locks of this process are held; `None` where the locks are not in memory.
    fn _held(&self) -> Option<usize> {
        self.memory.as_ref().map(MemoryLockManager::held)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        Ok(format!("{}({})", slf.get_type().name()?, slf.get().manager.name()))
    }
}

impl Locks {
    fn not_held(&self, key: &CacheKey, holder: &Holder) -> Error {
        let is_file_unlocked = self.memory.is_none() && matches!(self.manager.is_locked(key), Ok(false));
        let by = if is_file_unlocked { String::new() } else { format!(" held by {holder}") };
        Error::new(ErrorKind::LeaseLost, format!("No lock{by} for transaction with key {key}"))
    }
}

fn key_of(py: Python<'_>, key: &str) -> PyResult<CacheKey> {
    CacheKey::new(key).map_err(|failure| error::exception(py, &failure))
}

/// Seconds; a time beyond all time is none.
fn duration(seconds: Option<f64>) -> PyResult<Option<Duration>> {
    match seconds {
        Some(seconds) if seconds.is_nan() || seconds < 0.0 => {
            Err(PyValueError::new_err(format!("a timeout is a number of seconds, 0 or more, or None; got {seconds}")))
        }
        Some(seconds) => Ok(Duration::try_from_secs_f64(seconds).ok()),
        None => Ok(None),
    }
}
