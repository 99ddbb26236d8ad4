//! A step of a transaction on its way: there is no key to compute and no value to encode, only hooks to run.

use keepwell_core::Error;
use keepwell_core::action::{FrontEndAction, Procedure, Reply};
use keepwell_core::event::Event;
use keepwell_core::hook::HookMoment;
use keepwell_core::transaction::{Ending, Settled, Transaction};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;

use super::TransactionHandle;
use crate::calling::{Caller, Finished, Work, call_hook};
use crate::{error, report};

/// The beginning of a transaction.
pub(super) struct Beginning(pub(super) Transaction);

/// The end of a transaction.
pub(super) struct End(pub(super) Transaction, pub(super) Ending);

impl Caller for Beginning {
    type End = Result<(), Error>;

    fn procedure(&self, _py: Python<'_>) -> Procedure<Self::End> {
        self.0.begin()
    }

    fn perform(&mut self, _py: Python<'_>, action: FrontEndAction) -> Reply {
        nothing_but_hooks(&action)
    }

    fn begin(&mut self, py: Python<'_>, work: &Work) -> PyResult<Py<PyAny>> {
        run_hook(py, work)
    }

    fn end(&mut self, py: Python<'_>, _work: &Work, outcome: PyResult<Py<PyAny>>) -> PyResult<Reply> {
        Ok(hook_ran(py, outcome))
    }

    fn report(&mut self, py: Python<'_>, event: &Event) -> PyResult<()> {
        report::transaction(py, event)
    }

    fn finish(&mut self, py: Python<'_>, end: Self::End) -> Finished {
        end.map(|()| py.None()).map_err(|error| error::exception(py, &error))
    }
}

impl Caller for End {
    type End = Settled;

    fn procedure(&self, _py: Python<'_>) -> Procedure<Settled> {
        self.0.end(self.1.clone())
    }

    fn perform(&mut self, _py: Python<'_>, action: FrontEndAction) -> Reply {
        nothing_but_hooks(&action)
    }

    fn begin(&mut self, py: Python<'_>, work: &Work) -> PyResult<Py<PyAny>> {
        run_hook(py, work)
    }

    fn end(&mut self, py: Python<'_>, _work: &Work, outcome: PyResult<Py<PyAny>>) -> PyResult<Reply> {
        Ok(hook_ran(py, outcome))
    }

    fn report(&mut self, py: Python<'_>, event: &Event) -> PyResult<()> {
        report::transaction(py, event)
    }

    /// The error, if nothing was committed where something should have been; else what went wrong beside that, in words.
    fn finish(&mut self, py: Python<'_>, end: Settled) -> Finished {
        let problems: Vec<&str> = end.problems.iter().map(|problem| &*problem.message).collect();
        let Some(error) = end.error else { return problems.into_py_any(py) };
        let raised = error::exception(py, &error);
        for problem in problems {
            error::add_note(&raised, py, problem);
        }
        Err(raised)
    }
}

fn run_hook(py: Python<'_>, work: &Work) -> PyResult<Py<PyAny>> {
    match work {
        Work::Hook { hook, moment: HookMoment::Committed(transaction) | HookMoment::RolledBack(transaction) } => {
            let transaction = TransactionHandle::shown(py, transaction)?;
            call_hook(py, hook, &[transaction]).map(Bound::unbind)
        }
        Work::Hook { .. } | Work::Body { .. } => Ok(().into_py_any(py)?),
    }
}

fn hook_ran(py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> Reply {
    Reply::HookRan(report::hook_outcome(py, outcome))
}

fn nothing_but_hooks(action: &FrontEndAction) -> Reply {
    unreachable!("a transaction asks for nothing but hooks, and asked for {action:?}")
}
