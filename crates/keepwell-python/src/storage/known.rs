//! The storages that this process has made from Python's objects and names, so that whoever names one again gets the same.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Weak};

use keepwell_core::storage::{MemoryStorage, NullStorage, ResultStorage};
use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::python_storage::PythonStorage;
use super::user_object::UserObject;

/// What stands in front of the name of a storage in memory.
pub(super) const MEMORY: &str = "memory://";
/// The storage that keeps nothing.
pub(super) const NULL: &str = "null://";

static OF_OBJECTS: LazyLock<Mutex<HashMap<usize, Weak<PythonStorage>>>> = LazyLock::new(Mutex::default);
static IN_MEMORY: LazyLock<Mutex<HashMap<String, Arc<MemoryStorage>>>> = LazyLock::new(Mutex::default);
static NOTHING: LazyLock<Arc<NullStorage>> = LazyLock::new(|| Arc::new(NullStorage));

/// The storage that keeps nothing.
pub(super) fn null() -> Arc<dyn ResultStorage> {
    Arc::clone(&NOTHING) as Arc<dyn ResultStorage>
}

/// The storage in memory of this name. It lasts as long as the process.
pub(super) fn in_memory(name: &str) -> Arc<dyn ResultStorage> {
    Arc::clone(IN_MEMORY.lock().entry(name.to_owned()).or_default()) as Arc<dyn ResultStorage>
}

/// The storage that a user's object is.
pub(super) fn of_object(object: &Bound<'_, PyAny>) -> PyResult<Arc<dyn ResultStorage>> {
    let address = object.as_ptr() as usize;
    // Asked before the lock is taken: it runs the user's code, which may let other threads run.
    let user = UserObject::of(object)?;
    let mut known = OF_OBJECTS.lock();
    // The storage keeps its object alive, so no other object has this address while there is one.
    if let Some(storage) = known.get(&address).and_then(Weak::upgrade) {
        return Ok(storage);
    }
    known.retain(|_, storage| storage.strong_count() > 0);
    let storage = Arc::new(PythonStorage::new(user));
    known.insert(address, Arc::downgrade(&storage));
    Ok(storage)
}

/// Whether this is the storage that keeps nothing.
pub(crate) fn keeps_nothing(storage: &Arc<dyn ResultStorage>) -> bool {
    is_same(&*NOTHING, storage)
}

/// The storage as that of a user's object, if it is one.
pub(crate) fn of_user(storage: &Arc<dyn ResultStorage>) -> Option<Arc<PythonStorage>> {
    OF_OBJECTS.lock().values().filter_map(Weak::upgrade).find(|known| is_same(known, storage))
}

/// What Python calls a storage: the user's object, or the text that names it.
pub(crate) fn python_form<'py>(py: Python<'py>, storage: &Arc<dyn ResultStorage>) -> Bound<'py, PyAny> {
    if let Some(known) = of_user(storage) {
        return known.object(py);
    }
    let in_memory = IN_MEMORY.lock().iter().find(|(_, known)| is_same(known, storage)).map(|(name, _)| name.clone());
    let text = in_memory.map_or_else(|| storage.location(), |name| format!("{MEMORY}{name}"));
    PyString::new(py, &text).into_any()
}

fn is_same<S>(known: &Arc<S>, storage: &Arc<dyn ResultStorage>) -> bool {
    std::ptr::addr_eq(Arc::as_ptr(known), Arc::as_ptr(storage))
}
