//! keepwell's own lock managers, for Python. What waits lets the interpreter go and looks for signals in between.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use keepwell_core::clock;
use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::{
    Attempt, Errand, FileSystemLockManager, LockManager, MemoryLockManager, no_answer, unreachable,
};
use keepwell_core::{Error, ErrorKind};
use keepwell_redis::{RedisLockManager, RedisOptions};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::in_storage::{self, InStorage};
use crate::calling::remote;
use crate::{error, fork};

/// How long a signal may go unnoticed.
const SLICE: Duration = Duration::from_millis(50);

/// What [`RedisOptions`] are made of: a URL, or host, port, database, user name, password, and whether to speak TLS.
type Redis = (Option<String>, String, u16, i64, Option<String>, Option<String>, bool);

/// The base of keepwell's lock managers: the locks of this process, those in a folder, in a Redis server, or in a storage.
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
    #[pyo3(signature = (lock_files_directory=None, _redis=None, _storage=None))]
    fn new(
        py: Python<'_>,
        lock_files_directory: Option<PathBuf>,
        _redis: Option<Redis>,
        _storage: Option<InStorage<'_>>,
    ) -> PyResult<Self> {
        if let Some(storage) = _storage {
            return Ok(Self { manager: Arc::new(in_storage::manager(storage)?), memory: None });
        }
        if let Some(redis) = _redis {
            let options = redis_options(redis).map_err(|failure| error::exception(py, &failure))?;
            return Ok(Self { manager: Arc::new(RedisLockManager::new(options)), memory: None });
        }
        Ok(match lock_files_directory {
            Some(folder) => Self { manager: Arc::new(FileSystemLockManager::new(folder)), memory: None },
            None => {
                let memory = MemoryLockManager::new();
                Self { manager: Arc::new(memory.clone()), memory: Some(memory) }
            }
        })
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
        if self.manager.is_remote() {
            let refused = remote::acquire(py, &self.manager, &key, &holder, duration(acquire_timeout)?, hold)?;
            return refused.map(|by| by.is_none()).map_err(|failure| error::exception(py, &failure));
        }
        Self::wait(py, acquire_timeout, |slice| self.manager.acquire_lock(&key, &holder, Some(slice), hold))
    }

    /// Takes the lock if it is free, and does not wait. Raises `LockTimeoutError` if it cannot be asked for now.
    #[pyo3(signature = (key, holder, hold_timeout=None))]
    fn _try_to_acquire(&self, py: Python<'_>, key: &str, holder: &str, hold_timeout: Option<f64>) -> PyResult<bool> {
        let (key, holder, hold) = (key_of(py, key)?, Holder::new(holder), duration(hold_timeout)?);
        match self.detached(py, || self.manager.try_acquire(&key, &holder, hold)) {
            Ok(Attempt::Granted) => Ok(true),
            Ok(Attempt::Held { .. }) => Ok(false),
            Ok(Attempt::Unreachable { cause, .. }) => Err(error::exception(py, &unreachable(cause, None))),
            Err(failure) => Err(error::exception(py, &failure)),
        }
    }

    /// Gives the lock back. Raises `LeaseLostError`, a `ValueError`, if `holder` has not got it.
    fn release_lock(&self, py: Python<'_>, key: &str, holder: &str) -> PyResult<()> {
        let (key, holder) = (key_of(py, key)?, Holder::new(holder));
        self.detached(py, || self.manager.release_lock(&key, &holder)).map_err(|failure| match failure.kind() {
            ErrorKind::LeaseLost => error::exception(py, &self.not_held(&key, &holder)),
            _ => error::exception(py, &failure),
        })
    }

    /// Whether anybody has the lock.
    fn is_locked(&self, py: Python<'_>, key: &str) -> PyResult<bool> {
        let key = key_of(py, key)?;
        self.ask(py, move |manager| manager.is_locked(&key))
    }

    /// Whether `holder` has the lock.
    fn is_lock_holder(&self, py: Python<'_>, key: &str, holder: &str) -> PyResult<bool> {
        let (key, holder) = (key_of(py, key)?, Holder::new(holder));
        self.ask(py, move |manager| manager.is_lock_holder(&key, &holder))
    }

    /// Waits until the lock is free, for up to `timeout` seconds, without taking it. Says whether it was.
    #[pyo3(signature = (key, timeout=None))]
    fn wait_for_lock(&self, py: Python<'_>, key: &str, timeout: Option<f64>) -> PyResult<bool> {
        let key = key_of(py, key)?;
        if self.manager.is_remote() {
            // Whoever waits takes nothing, so it does not matter if the thread goes on after a signal.
            let timeout = duration(timeout)?;
            return self.ask(py, move |manager| manager.wait_for_lock(&key, timeout));
        }
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
    /// Asks the lock manager; one elsewhere on a thread of its own, so that a signal ends the wait.
    fn ask<T: Send + 'static>(
        &self,
        py: Python<'_>,
        question: impl FnOnce(&dyn LockManager) -> Result<T, Error> + Send + 'static,
    ) -> PyResult<T> {
        let answer = if self.manager.is_remote() {
            let manager = Arc::clone(&self.manager);
            let errand = Errand::begin(move || question(&*manager), drop);
            remote::done(py, errand, None)?.unwrap_or_else(|| Err(no_answer(&*self.manager)))
        } else {
            fork::detached(py, || question(&*self.manager))
        };
        answer.map_err(|failure| error::exception(py, &failure))
    }

    /// Works with the interpreter let go. A fork is not to wait for a lock manager elsewhere.
    fn detached<T: Send>(&self, py: Python<'_>, work: impl FnOnce() -> T + Send) -> T {
        if self.manager.is_remote() { py.detach(work) } else { fork::detached(py, work) }
    }

    fn not_held(&self, key: &CacheKey, holder: &Holder) -> Error {
        let is_of_files = self.memory.is_none() && !self.manager.is_remote();
        let is_file_unlocked = is_of_files && matches!(self.manager.is_locked(key), Ok(false));
        let by = if is_file_unlocked { String::new() } else { format!(" held by {holder}") };
        Error::new(ErrorKind::LeaseLost, format!("No lock{by} for transaction with key {key}"))
    }
}

fn redis_options((url, host, port, db, username, password, ssl): Redis) -> Result<RedisOptions, Error> {
    if let Some(url) = url {
        return RedisOptions::of_url(&url);
    }
    let mut options = RedisOptions::new(host, port).db(db).tls(ssl);
    if let Some(username) = username {
        options = options.username(username);
    }
    if let Some(password) = password {
        options = options.password(password);
    }
    Ok(options)
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
