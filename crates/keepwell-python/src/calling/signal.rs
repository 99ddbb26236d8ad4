//! What is to end the program and not only a call: `KeyboardInterrupt`, `SystemExit`, the cancellation of a task of an event
//! loop.
//!
//! It may be raised wherever Python's code runs: in bodies and hooks, in key functions, serializers, storages, lock managers
//! and log handlers. Then nothing new is begun, what is held is given back, and it goes on to whoever made the call.

use keepwell_core::Error;
use keepwell_core::action::{Action, FrontEndAction, Procedure, Reply, Step, StoreAction};
use keepwell_core::hook::HookMoment;
use keepwell_core::policy::NoKey;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

/// Whether an exception is one that a program handles, and no signal that it is to stop.
pub(crate) fn is_ordinary(py: Python<'_>, exception: &PyErr) -> bool {
    exception.is_instance_of::<PyException>(py)
}

/// The signal that a piece of work ended with, if it did.
pub(crate) fn of_outcome<T>(py: Python<'_>, outcome: &PyResult<T>) -> Option<PyErr> {
    outcome.as_ref().err().filter(|exception| !is_ordinary(py, exception)).map(|exception| exception.clone_ref(py))
}

/// How the engine goes on.
pub(super) enum Answer {
    /// With the reply to its action.
    Reply(Reply),
    /// With the reply, and then it begins nothing more.
    Last(Reply),
    /// Without one: the action was stopped, or is not to be performed. It begins nothing more.
    Stop,
}

impl Answer {
    /// What the engine is told of an action. `interrupt` keeps the first signal.
    pub(super) fn of(py: Python<'_>, reply: PyResult<Reply>, interrupt: &mut Option<PyErr>) -> Self {
        let reply = match reply {
            Ok(reply) => reply,
            Err(signal) => {
                interrupt.get_or_insert(signal);
                return Self::Stop;
            }
        };
        let Some(signal) = in_reply(py, &reply) else { return Self::Reply(reply) };
        interrupt.get_or_insert(signal);
        // What a hook came to is told as it is; of anything else, what it has done is uncertain.
        if matches!(reply, Reply::HookRan(_)) { Self::Last(reply) } else { Self::Stop }
    }

    /// Has the engine go on.
    pub(super) fn give<T>(self, procedure: &mut Procedure<T>) -> Step<T> {
        match self {
            Self::Reply(reply) => procedure.resume(reply),
            Self::Last(reply) => {
                procedure.abandon();
                procedure.resume(reply)
            }
            Self::Stop => {
                procedure.abandon();
                procedure.start()
            }
        }
    }
}

/// The signal that stopped what a reply is to.
fn in_reply(py: Python<'_>, reply: &Reply) -> Option<PyErr> {
    match reply {
        Reply::Key(composed) => match &composed.key {
            Err(NoKey::Refused(error) | NoKey::Uncomputable(error)) => in_error(py, error),
            _ => None,
        },
        Reply::Encoded(Err(error))
        | Reply::Decoded(Err(error))
        | Reply::LookedUp(Err(error))
        | Reply::Claimed(Err(error))
        | Reply::Committed(Err(error))
        | Reply::Locked(Err(error))
        | Reply::Released(Err(error))
        | Reply::HookRan(Err(error)) => in_error(py, error),
        _ => None,
    }
}

fn in_error(py: Python<'_>, error: &Error) -> Option<PyErr> {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        if let Some(exception) = source.downcast_ref::<PyErr>() {
            return (!is_ordinary(py, exception)).then(|| exception.clone_ref(py));
        }
        cause = source;
    }
    None
}

/// Whether an action begins something, so that it is not to be performed once a signal has come. A commit is: all is staged,
/// and to leave it would leave its outcome unknown.
pub(super) fn begins(action: &Action) -> bool {
    match action {
        Action::Sleep(_)
        | Action::Store(StoreAction::LookUp { .. } | StoreAction::Claim { .. } | StoreAction::AcquireLock { .. }) => {
            true
        }
        Action::FrontEnd(FrontEndAction::RunHook { moment, .. }) => matches!(moment, HookMoment::Entered(_)),
        Action::FrontEnd(
            FrontEndAction::ComputeKey
            | FrontEndAction::RunBody { .. }
            | FrontEndAction::Encode
            | FrontEndAction::Decode(_),
        ) => true,
        Action::Store(StoreAction::Commit(_) | StoreAction::Unclaim { .. } | StoreAction::ReleaseLock { .. }) => false,
    }
}
