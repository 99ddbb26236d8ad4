//! A lock manager of the user's own, written in Python, as the engine's.

use std::time::Duration;

use keepwell_core::clock::{self, Clock};
use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::{Attempt, LockHolder, LockManager, Wake};
use keepwell_core::{Error, ErrorKind};
use pyo3::exceptions::{PyException, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::of_user;

/// How long to wait before such a lock is tried again: it gives no signal.
const POLL: Duration = Duration::from_millis(20);

/// What is asked of such an object. Its async methods are for its user; the engine tries again instead of blocking a loop.
const METHODS: [&str; 5] = ["acquire_lock", "release_lock", "is_locked", "is_lock_holder", "wait_for_lock"];

/// Asks an object of the user's own for locks.
#[derive(Debug)]
pub(super) struct PythonLockManager {
    object: Py<PyAny>,
    name: String,
}

impl PythonLockManager {
    /// The object as a lock manager.
    pub(super) fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let class = object.get_type().name()?.to_string();
        for method in METHODS {
            if !object.getattr_opt(method)?.is_some_and(|method| method.is_callable()) {
                let message = format!("{class} is no lock manager: it has no method `{method}`");
                return Err(PyTypeError::new_err(message));
            }
        }
        // Two handles grant the same locks if they are the same object.
        Ok(Self { name: format!("{class} at {:p}", object.as_ptr()), object: object.clone().unbind() })
    }

    fn call<T>(&self, doing: &str, call: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<T>) -> Result<T, Error> {
        Python::attach(|py| call(self.object.bind(py)).map_err(|exception| self.failure(py, doing, exception)))
    }

    /// An interruption goes on as it is; that the holder has not got the lock is said by a `ValueError`.
    fn failure(&self, py: Python<'_>, doing: &str, exception: PyErr) -> Error {
        let kind = if !exception.is_instance_of::<PyException>(py) {
            ErrorKind::User
        } else if doing == "release_lock" && exception.is_instance_of::<PyValueError>(py) {
            ErrorKind::LeaseLost
        } else {
            ErrorKind::Storage
        };
        of_user(kind, format!("the lock manager {} failed in `{doing}`", self.name), exception)
    }

    fn ask_for(
        &self,
        key: &CacheKey,
        holder: &Holder,
        wait: Option<Duration>,
        hold: Option<Duration>,
    ) -> Result<bool, Error> {
        self.call("acquire_lock", |object| {
            let py = object.py();
            let timeouts = PyDict::new(py);
            timeouts.set_item(intern!(py, "acquire_timeout"), seconds(wait))?;
            timeouts.set_item(intern!(py, "hold_timeout"), seconds(hold))?;
            let arguments = (key.as_str(), holder.as_str());
            object.call_method(intern!(py, "acquire_lock"), arguments, Some(&timeouts))?.is_truthy()
        })
    }
}

impl LockManager for PythonLockManager {
    fn try_acquire(&self, key: &CacheKey, holder: &Holder, hold_timeout: Option<Duration>) -> Result<Attempt, Error> {
        if self.ask_for(key, holder, Some(Duration::ZERO), hold_timeout)? {
            return Ok(Attempt::Granted);
        }
        // The protocol has no way to ask who has a lock.
        Ok(Attempt::Held { by: LockHolder::unknown(), wake: Wake::After(POLL) })
    }

    fn release_lock(&self, key: &CacheKey, holder: &Holder) -> Result<(), Error> {
        self.call("release_lock", |object| {
            object.call_method1(intern!(object.py(), "release_lock"), (key.as_str(), holder.as_str())).map(drop)
        })
    }

    fn holder_of(&self, key: &CacheKey) -> Result<Option<LockHolder>, Error> {
        let is_locked = self.call("is_locked", |object| {
            object.call_method1(intern!(object.py(), "is_locked"), (key.as_str(),))?.is_truthy()
        })?;
        Ok(is_locked.then(LockHolder::unknown))
    }

    fn clock(&self) -> &dyn Clock {
        &**clock::of_process()
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn acquire_lock(
        &self,
        key: &CacheKey,
        holder: &Holder,
        acquire_timeout: Option<Duration>,
        hold_timeout: Option<Duration>,
    ) -> Result<bool, Error> {
        self.ask_for(key, holder, acquire_timeout, hold_timeout)
    }

    fn is_lock_holder(&self, key: &CacheKey, holder: &Holder) -> Result<bool, Error> {
        self.call("is_lock_holder", |object| {
            let arguments = (key.as_str(), holder.as_str());
            object.call_method1(intern!(object.py(), "is_lock_holder"), arguments)?.is_truthy()
        })
    }

    fn wait_for_lock(&self, key: &CacheKey, timeout: Option<Duration>) -> Result<bool, Error> {
        self.call("wait_for_lock", |object| {
            let arguments = (key.as_str(), seconds(timeout));
            object.call_method1(intern!(object.py(), "wait_for_lock"), arguments)?.is_truthy()
        })
    }
}

fn seconds(duration: Option<Duration>) -> Option<f64> {
    duration.map(|duration| duration.as_secs_f64())
}
