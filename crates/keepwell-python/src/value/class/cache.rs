//! What was found out about classes, for as long as they live.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::{PyType, PyWeakrefMethods, PyWeakrefReference};

use super::super::failure::Failure;
use super::Class;
use super::classify::classify;

/// As many classes are known before those that are gone are looked for.
const FIRST_SWEEP: usize = 256;

struct Known {
    /// Tells the class from another that came to lie in the same place after it was gone.
    class: Py<PyWeakrefReference>,
    found: Arc<Class>,
}

#[derive(Default)]
struct Classes {
    by_address: HashMap<usize, Known>,
    next_sweep: usize,
}

static CLASSES: Mutex<Option<Classes>> = Mutex::new(None);

/// What is known of a class.
pub(in crate::value) fn class_of(class: &Bound<'_, PyType>) -> Result<Arc<Class>, Failure> {
    let address = class.as_ptr() as usize;
    if let Some(known) = CLASSES.lock().as_ref().and_then(|classes| classes.by_address.get(&address))
        && known.class.bind(class.py()).upgrade().is_some_and(|lives| lives.is(class))
    {
        return Ok(Arc::clone(&known.found));
    }
    // Runs Python, so nothing is locked.
    let found = Arc::new(classify(class)?);
    let known = Known { class: PyWeakrefReference::new(class)?.unbind(), found: Arc::clone(&found) };
    let replaced = keep(class.py(), address, known);
    drop(replaced);
    Ok(found)
}

/// Forgets what was found out: the rules have changed.
pub(in crate::value) fn forget() {
    let forgotten = CLASSES.lock().take();
    drop(forgotten);
}

/// Keeps what was found out, and hands back what is no longer needed, to be dropped when nothing is locked.
fn keep(py: Python<'_>, address: usize, known: Known) -> Vec<Known> {
    let mut classes = CLASSES.lock();
    let classes = classes.get_or_insert_default();
    let mut dropped = Vec::new();
    if classes.by_address.len() >= classes.next_sweep.max(FIRST_SWEEP) {
        let gone = classes.by_address.extract_if(|_, known| known.class.bind(py).upgrade().is_none());
        dropped.extend(gone.map(|(_, known)| known));
        classes.next_sweep = classes.by_address.len() * 2;
    }
    dropped.extend(classes.by_address.insert(address, known));
    dropped
}
