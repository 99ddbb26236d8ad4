//! `os.fork()` while other threads are at work.
//!
//! A child has only the thread that forked: what another one had locked inside the engine at that moment would stay locked
//! in the child for ever. So the engine's work without the interpreter passes a gate, and a fork waits until nobody is
//! inside and lets nobody in meanwhile. Whoever waits at the gate does so for a moment only, then goes on all the same:
//! code of the user's that runs inside may fork itself, or wait for whoever does.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// How long anybody waits at the gate.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often whoever waits looks again.
const PAUSE: Duration = Duration::from_micros(100);

static INSIDE: AtomicUsize = AtomicUsize::new(0);
static CLOSED: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// How deep this thread is inside.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Does the engine's work with the interpreter let go, and at no moment at which another thread forks.
pub(crate) fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> T {
    py.detach(|| {
        let _inside = Inside::enter();
        work()
    })
}

struct Inside;

impl Inside {
    fn enter() -> Self {
        let depth = DEPTH.get();
        DEPTH.set(depth + 1);
        INSIDE.fetch_add(1, Ordering::SeqCst);
        if depth == 0 && CLOSED.load(Ordering::SeqCst) {
            INSIDE.fetch_sub(1, Ordering::SeqCst);
            wait_until(|| !CLOSED.load(Ordering::SeqCst));
            INSIDE.fetch_add(1, Ordering::SeqCst);
        }
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get().saturating_sub(1));
        // In a child that was forked from inside there may be nobody left to count.
        let _ = INSIDE.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |inside| inside.checked_sub(1));
    }
}

fn wait_until(holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() && start.elapsed() < PATIENCE {
        std::thread::sleep(PAUSE);
    }
}

/// Has every fork of this process wait at the gate.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let Some(register) = py.import("os")?.getattr_opt("register_at_fork")? else { return Ok(()) };
    let moments = PyDict::new(py);
    moments.set_item("before", wrap_pyfunction!(before_fork, module)?)?;
    moments.set_item("after_in_parent", wrap_pyfunction!(after_fork_in_parent, module)?)?;
    moments.set_item("after_in_child", wrap_pyfunction!(after_fork_in_child, module)?)?;
    register.call((), Some(&moments)).map(drop)
}

/// Closes the gate, and waits until nobody but this thread is inside.
#[pyfunction]
fn before_fork(py: Python<'_>) {
    CLOSED.store(true, Ordering::SeqCst);
    let own = DEPTH.get();
    py.detach(|| wait_until(|| INSIDE.load(Ordering::SeqCst) <= own));
}

#[pyfunction]
fn after_fork_in_parent() {
    CLOSED.store(false, Ordering::SeqCst);
}

#[pyfunction]
fn after_fork_in_child() {
    INSIDE.store(DEPTH.get(), Ordering::SeqCst);
    CLOSED.store(false, Ordering::SeqCst);
}
