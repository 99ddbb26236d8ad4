//! Waiting for what happens to a lock in an event loop: its release, or its loss, wakes the loop; no thread waits.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Wake as StdWake, Waker};
use std::time::Duration;

use keepwell_core::lock::Wake;
use pyo3::intern;
use pyo3::prelude::*;

/// The first pause before a lock that gives no signal is tried again; doubled each time, up to [`LONGEST`].
const FIRST: Duration = Duration::from_micros(500);
const LONGEST: Duration = Duration::from_millis(50);

/// What must stay alive while the loop waits.
pub(super) struct Waiting(#[expect(dead_code, reason = "dropping it stops listening")] Option<Listener>);

type Listener = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Something to await that ends when trying again is worth it, after `limit` at the latest.
pub(super) fn until_woken(
    py: Python<'_>,
    wake: Wake,
    limit: Option<Duration>,
    tries: u32,
) -> PyResult<(Py<PyAny>, Waiting)> {
    match wake {
        Wake::Signal(listener) => {
            let future = running_loop(py)?.call_method0(intern!(py, "create_future"))?;
            let waiting = ended_by(&future, listener)?;
            Ok((at_most(&future, limit)?, waiting))
        }
        Wake::After(delay) => {
            let pause = FIRST.saturating_mul(2_u32.saturating_pow(tries)).min(LONGEST).min(delay.max(FIRST));
            let seconds = limit.map_or(pause, |limit| limit.min(pause)).as_secs_f64();
            let sleep = py.import(intern!(py, "asyncio"))?.getattr(intern!(py, "sleep"))?;
            Ok((sleep.call1((seconds,))?.unbind(), Waiting(None)))
        }
    }
}

/// Something that ends when any of the signals comes.
pub(super) fn until_any(
    py: Python<'_>,
    signals: impl Iterator<Item = impl Future<Output = ()> + Send + 'static>,
) -> PyResult<(Py<PyAny>, Vec<Waiting>)> {
    let future = running_loop(py)?.call_method0(intern!(py, "create_future"))?;
    let waiting = signals.map(|signal| ended_by(&future, signal)).collect::<PyResult<_>>()?;
    Ok((future.unbind(), waiting))
}

/// Has the signal end the future, as long as the result is kept.
fn ended_by(future: &Bound<'_, PyAny>, signal: impl Future<Output = ()> + Send + 'static) -> PyResult<Waiting> {
    let bell = Arc::new(Bell { future: future.clone().unbind() });
    let mut listener: Listener = Box::pin(signal);
    if listener.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(&bell)))).is_ready() {
        bell.ring(future.py())?;
    }
    Ok(Waiting(Some(listener)))
}

/// Waits for the future without cancelling it, and without an error when time runs out.
fn at_most(future: &Bound<'_, PyAny>, limit: Option<Duration>) -> PyResult<Py<PyAny>> {
    let py = future.py();
    let wait = py.import(intern!(py, "asyncio"))?.getattr(intern!(py, "wait"))?;
    let named = pyo3::types::PyDict::new(py);
    named.set_item(intern!(py, "timeout"), limit.map(|limit| limit.as_secs_f64()))?;
    Ok(wait.call(([future],), Some(&named))?.unbind())
}

fn running_loop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.import(intern!(py, "asyncio"))?.call_method0(intern!(py, "get_running_loop"))
}

/// Ends a future of an event loop, from whichever thread gives the lock back.
struct Bell {
    future: Py<PyAny>,
}

impl Bell {
    fn ring(&self, py: Python<'_>) -> PyResult<()> {
        let future = self.future.bind(py);
        let event_loop = future.call_method0(intern!(py, "get_loop"))?;
        // Cancelling ends it without a value that somebody would have to check for being set twice.
        let cancel = future.getattr(intern!(py, "cancel"))?;
        event_loop.call_method1(intern!(py, "call_soon_threadsafe"), (cancel,))?;
        Ok(())
    }
}

impl StdWake for Bell {
    fn wake(self: Arc<Self>) {
        // Whoever wakes may hold what the thread waits for that has the interpreter, such as the list of those who listen. So
        // this does not wait for the interpreter. A loop that is closed by now waits for nothing.
        std::thread::spawn(move || Python::try_attach(|py| self.ring(py).ok()));
    }
}
