//! Calls whose code is awaited or iterated: a coroutine or generator of a few lines drives them from Python.
//!
//! `start` does all that can be done at once and returns what is to be awaited (or iterated) next; `returned` and `raised`
//! tell what came of it and go on; `None` means that the call has come to its end, which `finish` tells.

use std::time::Duration;

use keepwell_core::action::{Action, Procedure, Reply, Step};
use parking_lot::Mutex;
use pyo3::exceptions::{PyException, PyRuntimeError};
use pyo3::intern;
use pyo3::prelude::*;

use super::blocking;
use super::caller::{Caller, Finished, Work};
use super::leases::Leases;
use super::lock::OnTheWay;
use super::signal::{self, Answer};
use super::{hook, lock, waiting};
use crate::context::{self, Around};

/// One call on its way, driven from Python.
#[pyclass(module = "keepwell._core")]
pub(crate) struct Run(Mutex<Box<dyn Drivable>>);

impl Run {
    /// A run that awaits, or (for generators of ordinary functions) one that blocks for all but its body.
    pub(crate) fn new<C: Caller + 'static>(py: Python<'_>, caller: C, awaits: bool) -> Self
    where
        C::End: Send,
    {
        let procedure = caller.procedure(py);
        let driven =
            Driven { caller, procedure, awaits, begun: false, pending: None, leases: None, interrupt: None, end: None };
        Self(Mutex::new(Box::new(driven)))
    }

    fn with<T>(&self, act: impl FnOnce(&mut dyn Drivable) -> PyResult<T>) -> PyResult<T> {
        let mut driven =
            self.0.try_lock().ok_or_else(|| PyRuntimeError::new_err("the call is being driven already"))?;
        act(&mut **driven)
    }
}

#[pymethods]
impl Run {
    /// Begins the call.
    fn start(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.with(|driven| driven.start(py))
    }

    /// Goes on after what was handed out returned `value`.
    fn returned(&self, py: Python<'_>, value: Py<PyAny>) -> PyResult<Option<Py<PyAny>>> {
        self.with(|driven| driven.resume(py, Ok(value)))
    }

    /// Goes on after what was handed out raised `exception`.
    fn raised(&self, py: Python<'_>, exception: Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        self.with(|driven| driven.resume(py, Err(PyErr::from_value(exception))))
    }

    /// Whether what was handed out last is the body.
    #[getter]
    fn is_in_body(&self) -> PyResult<bool> {
        self.with(|driven| Ok(driven.is_in_body()))
    }

    /// Whether the value may be kept, so that a generator's items are to be noted.
    #[getter]
    fn is_kept(&self) -> PyResult<bool> {
        self.with(|driven| Ok(driven.keeps()))
    }

    /// What each step of an async generator is to heed: a lock that is lost cancels it.
    #[getter]
    fn leases(&self, py: Python<'_>) -> PyResult<Option<Py<Leases>>> {
        self.with(|driven| Ok(driven.leases(py)))
    }

    /// Calls `step` with `argument` inside the body's surroundings. No signal can come between entering and leaving them.
    fn inside(&self, py: Python<'_>, step: &Bound<'_, PyAny>, argument: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let token = self.enter(py)?;
        let outcome = step.call1((argument,));
        Self::leave(py, token);
        outcome.map(Bound::unbind)
    }

    /// Puts the body's surroundings around the code that runs next in this context.
    fn enter(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.with(|driven| driven.surroundings().map(|around| context::enter(py, around)).transpose())
    }

    /// Puts back what was there before [`enter`](Self::enter), which gave the token.
    #[staticmethod]
    fn leave(py: Python<'_>, token: Option<Py<PyAny>>) {
        if let Some(token) = token {
            context::leave(py, &token);
        }
    }

    /// Goes on after the consumer of a generator wanted no more of it.
    fn stopped(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.with(|driven| driven.stop(py))
    }

    /// Gives the call up in the middle: what is staged is undone and every lock given back. Does nothing once it has ended.
    fn abandon(&self, py: Python<'_>) -> PyResult<()> {
        self.with(|driven| {
            driven.abandon(py);
            Ok(())
        })
    }

    /// What a plain call gives back.
    fn finish(&self, py: Python<'_>) -> Finished {
        self.with(|driven| driven.finish(py))
    }
}

trait Drivable: Send {
    fn start(&mut self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>>;
    fn resume(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Option<Py<PyAny>>>;
    fn is_in_body(&self) -> bool;
    fn surroundings(&self) -> Option<Around>;
    fn leases(&self, py: Python<'_>) -> Option<Py<Leases>>;
    fn keeps(&self) -> bool;
    fn stop(&mut self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>>;
    fn abandon(&mut self, py: Python<'_>);
    fn finish(&mut self, py: Python<'_>) -> Finished;
}

struct Driven<C: Caller> {
    caller: C,
    procedure: Procedure<C::End>,
    awaits: bool,
    begun: bool,
    pending: Option<Pending>,
    leases: Option<Py<Leases>>,
    interrupt: Option<PyErr>,
    end: Option<Finished>,
}

/// What was handed out to be awaited.
enum Pending {
    Work(Work),
    Sleep,
    Lock(OnTheWay),
}

/// What comes next: an action was performed, or something is to be awaited.
enum Next {
    Reply(Reply),
    Await(Pending, Py<PyAny>),
}

impl Next {
    fn of_lock(next: lock::Next) -> Self {
        match next {
            lock::Next::Reply(reply) => Self::Reply(reply),
            lock::Next::Await(lock, awaitable) => Self::Await(Pending::Lock(lock), awaitable),
        }
    }
}

impl<C: Caller> Driven<C> {
    /// Performs actions until there is something to await.
    fn advance(&mut self, py: Python<'_>, mut step: Step<C::End>) -> Option<Py<PyAny>> {
        loop {
            let signal = blocking::tell(py, &mut self.procedure, &mut self.caller);
            let action = match step {
                Step::Perform(action) => action,
                Step::Done(end) => {
                    self.interrupt = self.interrupt.take().or(signal);
                    self.end = Some(self.caller.finish(py, end));
                    return None;
                }
            };
            let next = match signal {
                Some(signal) if signal::begins(&action) => Err(signal),
                signal => {
                    self.interrupt = self.interrupt.take().or(signal);
                    self.perform(py, action)
                }
            };
            step = match next {
                Ok(Next::Await(pending, awaitable)) => {
                    self.pending = Some(pending);
                    return Some(awaitable);
                }
                Ok(Next::Reply(reply)) => self.go_on(py, Ok(reply)),
                Err(signal) => self.go_on(py, Err(signal)),
            };
        }
    }

    /// Gives the call up, blocking. Does nothing before it was begun, or once it has ended.
    fn give_up(&mut self, py: Python<'_>) {
        if let Some(Pending::Work(work)) = self.pending.take() {
            let stopped = PyException::new_err("the call was given up");
            // Nobody waits for what the engine makes of it.
            let _ = self.caller.end(py, &work, Err(stopped));
        }
        self.pending = None;
        if let Some(procedure) = self.procedure.abandon() {
            let end = blocking::to_its_end(py, procedure, &mut self.caller, &mut self.interrupt);
            self.end = Some(self.caller.finish(py, end));
        }
    }

    fn go_on(&mut self, py: Python<'_>, reply: PyResult<Reply>) -> Step<C::End> {
        Answer::of(py, reply, &mut self.interrupt).give(&mut self.procedure)
    }

    fn perform(&mut self, py: Python<'_>, action: Action) -> PyResult<Next> {
        match action {
            Action::FrontEnd(action) => match Work::of(action) {
                Ok(work) => self.work(py, work),
                Err(action) => Ok(Next::Reply(self.caller.perform(py, action))),
            },
            Action::Sleep(duration) if self.awaits => Ok(Next::Await(Pending::Sleep, sleep(py, duration)?)),
            Action::Sleep(duration) => waiting::sleep(py, duration).map(|()| Next::Reply(Reply::Done)),
            Action::Store(action) if self.awaits => lock::begin(py, action).map(Next::of_lock),
            Action::Store(action) => waiting::perform(py, action).map(Next::Reply),
        }
    }

    fn work(&mut self, py: Python<'_>, work: Work) -> PyResult<Next> {
        if let (Work::Hook { .. }, false) = (&work, self.awaits) {
            return blocking::work_to_its_end(py, &mut self.caller, &work, &mut self.interrupt).map(Next::Reply);
        }
        match self.caller.begin(py, &work).and_then(|begun| self.heeding(py, &work, begun)) {
            Ok(begun) if matches!(work, Work::Body { .. }) || hook::is_awaitable(begun.bind(py))? => {
                Ok(Next::Await(Pending::Work(work), begun))
            }
            outcome => self.end_work(py, &work, outcome).map(Next::Reply),
        }
    }

    /// Has an async body cancelled when a lock that it relies on is lost. A generator heeds its [leases](Drivable::leases) in
    /// each step.
    fn heeding(&mut self, py: Python<'_>, work: &Work, begun: Py<PyAny>) -> PyResult<Py<PyAny>> {
        let Work::Body { transaction, .. } = work else { return Ok(begun) };
        self.leases = None;
        let around = transaction.as_ref().or_else(|| self.caller.transaction_around());
        let Some(leases) = around.filter(|_| self.awaits).and_then(Leases::of) else { return Ok(begun) };
        if hook::is_awaitable(begun.bind(py))? {
            let heeded = py.import(intern!(py, "keepwell._leases"))?.getattr(intern!(py, "heeded"))?;
            return heeded.call1((begun, leases)).map(Bound::unbind);
        }
        self.leases = Some(Py::new(py, leases)?);
        Ok(begun)
    }

    fn end_work(&mut self, py: Python<'_>, work: &Work, outcome: PyResult<Py<PyAny>>) -> PyResult<Reply> {
        blocking::end_work(py, &mut self.caller, work, outcome, &mut self.interrupt)
    }
}

impl<C: Caller> Drivable for Driven<C>
where
    C::End: Send,
{
    fn start(&mut self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        if std::mem::replace(&mut self.begun, true) {
            return Err(PyRuntimeError::new_err("the call has been started already"));
        }
        let step = self.procedure.start();
        Ok(self.advance(py, step))
    }

    fn resume(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Option<Py<PyAny>>> {
        let pending = self.pending.take().ok_or_else(|| PyRuntimeError::new_err("nothing is being awaited"))?;
        let reply = match (pending, outcome) {
            (Pending::Work(work), outcome) => self.end_work(py, &work, outcome),
            (Pending::Sleep, outcome) => outcome.map(|_| Reply::Done),
            (Pending::Lock(lock), Err(signal)) => match lock.in_spite_of_signal(py) {
                Some(reply) => {
                    self.interrupt.get_or_insert(signal);
                    Ok(reply)
                }
                None => Err(signal),
            },
            (Pending::Lock(lock), Ok(_)) => match lock.go_on(py).map(Next::of_lock) {
                Ok(Next::Await(pending, awaitable)) => {
                    self.pending = Some(pending);
                    return Ok(Some(awaitable));
                }
                Ok(Next::Reply(reply)) => Ok(reply),
                Err(signal) => Err(signal),
            },
        };
        let step = self.go_on(py, reply);
        Ok(self.advance(py, step))
    }

    fn is_in_body(&self) -> bool {
        matches!(self.pending, Some(Pending::Work(Work::Body { .. })))
    }

    fn surroundings(&self) -> Option<Around> {
        self.caller.body_surroundings().cloned()
    }

    fn leases(&self, py: Python<'_>) -> Option<Py<Leases>> {
        self.leases.as_ref().map(|leases| leases.clone_ref(py))
    }

    fn keeps(&self) -> bool {
        self.caller.keeps()
    }

    fn stop(&mut self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.pending.take().ok_or_else(|| PyRuntimeError::new_err("nothing is being iterated"))?;
        let reply = self.caller.stop(py);
        let step = self.procedure.resume(reply);
        Ok(self.advance(py, step))
    }

    fn abandon(&mut self, py: Python<'_>) {
        self.give_up(py);
    }

    fn finish(&mut self, _py: Python<'_>) -> Finished {
        let end = self.end.take().ok_or_else(|| PyRuntimeError::new_err("the call has not come to its end"))?;
        self.interrupt.take().map_or(end, Err)
    }
}

/// A call whose driver has gone without giving it up, because of a signal in between, say.
impl<C: Caller> Drop for Driven<C> {
    fn drop(&mut self) {
        // Once the interpreter ends there is nobody to run a hook; the system gives back what it holds for us.
        Python::try_attach(|py| {
            let raised = PyErr::take(py);
            self.give_up(py);
            if let Some(raised) = raised {
                raised.restore(py);
            }
        });
    }
}

fn sleep(py: Python<'_>, duration: Duration) -> PyResult<Py<PyAny>> {
    let sleep = py.import(intern!(py, "asyncio"))?.getattr(intern!(py, "sleep"))?;
    sleep.call1((duration.as_secs_f64(),)).map(Bound::unbind)
}
