//! What a call on its way must be able to do.

use keepwell_core::action::{FrontEndAction, Procedure, Reply};
use keepwell_core::event::Event;
use keepwell_core::hook::{Hook, HookMoment};
use keepwell_core::transaction::Transaction;
use pyo3::prelude::*;

use crate::context::Around;

/// The user's code that is to run next.
#[derive(Debug)]
pub(crate) enum Work {
    /// The body.
    Body {
        /// The transaction that calls within the body belong to.
        transaction: Option<Transaction>,
        /// Counts from 0.
        attempt: u32,
        /// Whether no further attempt can follow.
        last: bool,
    },
    /// A hook.
    Hook {
        /// The hook.
        hook: Hook,
        /// What it is run for.
        moment: HookMoment,
    },
}

impl Work {
    /// Splits what the engine asks for into the user's code and what the caller does itself.
    pub(crate) fn of(action: FrontEndAction) -> Result<Self, FrontEndAction> {
        match action {
            FrontEndAction::RunBody { transaction, attempt, last } => Ok(Self::Body { transaction, attempt, last }),
            FrontEndAction::RunHook { hook, moment } => Ok(Self::Hook { hook, moment }),
            other @ (FrontEndAction::ComputeKey | FrontEndAction::Encode | FrontEndAction::Decode(_)) => Err(other),
        }
    }
}

/// How a call ended, for whoever made it.
pub(crate) type Finished = PyResult<Py<PyAny>>;

/// One call on its way.
pub(crate) trait Caller: Send {
    /// How the engine says that the call ended.
    type End;

    /// What the engine decides of the call. Asked once, at its beginning.
    fn procedure(&self, py: Python<'_>) -> Procedure<Self::End>;

    /// Does what needs values but none of the user's code that may be awaited.
    fn perform(&mut self, py: Python<'_>, action: FrontEndAction) -> Reply;

    /// Begins the user's code: calls it, in its surroundings. An async function gives its coroutine, a generator function its
    /// generator.
    fn begin(&mut self, py: Python<'_>, work: &Work) -> PyResult<Py<PyAny>>;

    /// Takes note of how the user's code ended, and gives the reply that the engine is owed. Called once for each
    /// [`begin`](Self::begin), also where that failed.
    ///
    /// # Errors
    /// A signal that came meanwhile.
    fn end(&mut self, py: Python<'_>, work: &Work, outcome: PyResult<Py<PyAny>>) -> PyResult<Reply>;

    /// Takes note of a generator whose consumer wants no more of it, in place of [`end`](Self::end).
    fn stop(&mut self, _py: Python<'_>) -> Reply {
        unreachable!("only a task or flow has a body to stop")
    }

    /// What is to surround the body of a generator whenever its code runs.
    fn body_surroundings(&self) -> Option<&Around> {
        None
    }

    /// The transaction that the body runs in where the engine does not say it, as for a flow.
    fn transaction_around(&self) -> Option<&Transaction> {
        None
    }

    /// Whether the value may be kept, so that a generator's items are to be noted.
    fn keeps(&self) -> bool {
        false
    }

    /// Tells of an event.
    ///
    /// # Errors
    /// A signal that came meanwhile.
    fn report(&mut self, py: Python<'_>, event: &Event) -> PyResult<()>;

    /// What a plain call gives back, or the final state where that was asked for.
    fn finish(&mut self, py: Python<'_>, end: Self::End) -> Finished;
}
