//! Locks in a storage that Python names.

use std::sync::Arc;
use std::time::Duration;

use keepwell_core::lock::StorageLockManager;
use keepwell_core::lock::lease::LeaseTerms;
use keepwell_core::storage::ResultStorage;
use keepwell_core::{Error, ErrorKind, clock};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::{error, settings, storage};

/// The storage, and how many seconds a lease is and how often it is renewed; as the settings say where there is nothing.
pub(super) type InStorage<'py> = (Bound<'py, PyAny>, Option<f64>, Option<f64>);

/// The locks in the storage.
///
/// # Errors
/// `TypeError` and `ValueError` if it names no storage, `ConfigurationError` if no locks can be kept there, and `SettingsError` for
/// a lease or heartbeat that there is not.
pub(super) fn manager((named, lease, heartbeat): InStorage<'_>) -> PyResult<StorageLockManager> {
    let py = named.py();
    let storage = storage::open(&named)?;
    check(py, &storage)?;
    let terms = terms(py, lease, heartbeat)?;
    Ok(StorageLockManager::with_terms(storage, terms, Arc::clone(clock::of_process())))
}

/// Refuses a storage that no lock can be kept in, and warns of one that keeps locks between threads alone.
fn check(py: Python<'_>, storage: &Arc<dyn ResultStorage>) -> PyResult<()> {
    let location = storage.location();
    if storage::keeps_nothing(storage) {
        return Err(refused(
            py,
            format!("`{location}` keeps nothing, and so no locks"),
            "name a storage that keeps results",
        ));
    }
    let Some(user) = storage::of_user(storage) else { return Ok(()) };
    if !user.can_remove() {
        let message = format!("`{location}` cannot remove objects, so no lock in it could be given back");
        return Err(refused(py, message, "give its class a method `delete_path`"));
    }
    let logger = py.import("keepwell.logging")?.call_method1("get_logger", ("locking",))?;
    let warning = "Locks in `%s` hold within this process only: a storage object of your own cannot write on condition that \
                   nobody else has. For locks between processes name a folder, or use `keepwell.redis.RedisLockManager`.";
    logger.call_method1("warning", (warning, location)).map(drop)
}

fn refused(py: Python<'_>, message: String, hint: &str) -> PyErr {
    error::exception(py, &Error::new(ErrorKind::Unsupported, message).with_hint(hint))
}

fn terms(py: Python<'_>, lease: Option<f64>, heartbeat: Option<f64>) -> PyResult<LeaseTerms> {
    let settings = settings::current(py)?;
    let locks = &settings.locks;
    let usual_heartbeat = locks.heartbeat_seconds.filter(|_| lease.is_none());
    let lease = lease.map_or(Ok(locks.lease_seconds), |lease| seconds("lease", lease))?;
    let heartbeat = heartbeat.map(|heartbeat| seconds("heartbeat", heartbeat)).transpose()?;
    let heartbeat = heartbeat.or(usual_heartbeat).unwrap_or(lease / 3);
    LeaseTerms::new(lease, heartbeat).map_err(|failure| error::exception(py, &failure))
}

fn seconds(what: &str, number: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(number)
        .map_err(|_| PyValueError::new_err(format!("a {what} is a number of seconds; got {number}")))
}
