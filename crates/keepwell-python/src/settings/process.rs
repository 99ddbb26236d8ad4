//! The settings of the process, loaded again when its environment has changed.

use std::sync::Arc;

use keepwell_core::settings::{self, Settings};
use parking_lot::Mutex;
use pyo3::prelude::*;

use super::environment::Seen;
use crate::error::exception;

static LOADED: Mutex<Option<(Seen, Arc<Settings>)>> = Mutex::new(None);

/// The settings that hold where no scope says otherwise.
pub(super) fn settings(py: Python<'_>) -> PyResult<Arc<Settings>> {
    if let Some((seen, settings)) = &*LOADED.lock()
        && seen.still_holds(py)
    {
        return Ok(settings.clone());
    }
    load(py)
}

/// Loads them again, from files too, whatever has changed.
pub(super) fn load(py: Python<'_>) -> PyResult<Arc<Settings>> {
    // Looked at first: what changes while files are read shows at the next call.
    let seen = Seen::now(py);
    let settings = settings::reload().map_err(|error| exception(py, &error))?;
    *LOADED.lock() = Some((seen, settings.clone()));
    Ok(settings)
}
