//! Calls that block until their end.

use keepwell_core::action::{Action, Procedure, Reply, Step};
use pyo3::prelude::*;

use super::caller::{Caller, Finished, Work};
use super::signal::{self, Answer};
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
        let signal = tell(py, procedure, caller);
        let action = match step {
            Step::Perform(action) => action,
            Step::Done(end) => {
                *interrupt = interrupt.take().or(signal);
                return end;
            }
        };
        let reply = match signal {
            Some(signal) if signal::begins(&action) => Err(signal),
            signal => {
                *interrupt = interrupt.take().or(signal);
                perform(py, caller, action, interrupt)
            }
        };
        step = Answer::of(py, reply, interrupt).give(procedure);
    }
}

/// Tells of what happened. Gives the signal that came meanwhile.
pub(super) fn tell<C: Caller>(py: Python<'_>, procedure: &mut Procedure<C::End>, caller: &mut C) -> Option<PyErr> {
    let mut signal = None;
    for event in procedure.take_events() {
        if let Err(exception) = caller.report(py, &event) {
            signal.get_or_insert(exception);
        }
    }
    signal
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
        Action::FrontEnd(action) => match Work::of(action) {
            Ok(work) => work_to_its_end(py, caller, &work, interrupt),
            Err(action) => Ok(caller.perform(py, action)),
        },
    }
}

pub(super) fn work_to_its_end<C: Caller>(
    py: Python<'_>,
    caller: &mut C,
    work: &Work,
    interrupt: &mut Option<PyErr>,
) -> PyResult<Reply> {
    let mut outcome = caller.begin(py, work);
    if let (Work::Hook { .. }, Ok(returned)) = (work, &outcome) {
        outcome = hook::to_its_end(returned.bind(py));
    }
    end_work(py, caller, work, outcome, interrupt)
}

/// Takes note of how the user's code ended. A signal that ends a body ends the call too, once everything is given back.
pub(super) fn end_work<C: Caller>(
    py: Python<'_>,
    caller: &mut C,
    work: &Work,
    outcome: PyResult<Py<PyAny>>,
    interrupt: &mut Option<PyErr>,
) -> PyResult<Reply> {
    *interrupt = interrupt.take().or_else(|| signal::of_outcome(py, &outcome));
    caller.end(py, work, outcome)
}
