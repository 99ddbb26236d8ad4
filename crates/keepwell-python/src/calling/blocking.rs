//! Calls that block until their end.

use keepwell_core::action::{Action, Procedure, Reply, Step};
use pyo3::prelude::*;

use super::caller::{Caller, Finished, Work, is_ordinary};
use super::{hook, waiting};

/// Runs a call to its end.
pub(crate) fn drive<C: Caller>(py: Python<'_>, caller: &mut C) -> Finished {
    let mut procedure = caller.procedure(py);
    let mut interrupt = None;
    let end = to_its_end(py, &mut procedure, caller, &mut interrupt);
    let finished = caller.finish(py, end);
    interrupt.map_or(finished, Err)
}

/// Drives what the engine decides to its end. Where a signal comes in between the call is given up: what is staged is undone,
/// every lock given back, and `interrupt` is what to raise then.
pub(super) fn to_its_end<C: Caller>(
    py: Python<'_>,
    procedure: &mut Procedure<C::End>,
    caller: &mut C,
    interrupt: &mut Option<PyErr>,
) -> C::End {
    let mut step = procedure.start();
    loop {
        for event in procedure.take_events() {
            caller.report(py, &event);
        }
        let reply = match step {
            Step::Done(end) => return end,
            Step::Perform(action) => perform(py, caller, action, interrupt),
        };
        step = match reply {
            Ok(reply) => procedure.resume(reply),
            Err(signal) => {
                interrupt.get_or_insert(signal);
                procedure.abandon();
                procedure.start()
            }
        };
    }
}

fn perform<C: Caller>(
    py: Python<'_>,
    caller: &mut C,
    action: Action,
    interrupt: &mut Option<PyErr>,
) -> PyResult<Reply> {
    match action {
        Action::Store(action) => waiting::perform(py, action),
        Action::Sleep(duration) => waiting::sleep(py, duration).map(|()| Reply::Done),
        Action::FrontEnd(action) => Ok(match Work::of(action) {
            Ok(work) => work_to_its_end(py, caller, &work, interrupt),
            Err(action) => caller.perform(py, action),
        }),
    }
}

pub(super) fn work_to_its_end<C: Caller>(
    py: Python<'_>,
    caller: &mut C,
    work: &Work,
    interrupt: &mut Option<PyErr>,
) -> Reply {
    let mut outcome = caller.begin(py, work);
    if let (Work::Hook { .. }, Ok(returned)) = (work, &outcome) {
        outcome = hook::to_its_end(returned.bind(py));
    }
    note_interrupt(py, &outcome, interrupt);
    caller.end(py, work, outcome)
}

/// A signal that ends the user's code ends the call too, once everything is given back.
pub(super) fn note_interrupt(py: Python<'_>, outcome: &PyResult<Py<PyAny>>, interrupt: &mut Option<PyErr>) {
    if let Err(exception) = outcome
        && !is_ordinary(py, exception)
    {
        interrupt.get_or_insert(exception.clone_ref(py));
    }
}
