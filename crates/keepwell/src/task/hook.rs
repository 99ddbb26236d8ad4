//! Hooks of tasks and flows in Rust: closures that are told of a run and its state.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use keepwell_core::hook::{Hook, HookMoment};
use keepwell_core::run::State;
use keepwell_core::transaction::Transaction;
use keepwell_core::{Error, ErrorKind};

use super::outcome::panic_message;

/// What a hook is told.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HookContext {
    /// The name of the run that the hook belongs to; empty for a transaction of the user's own.
    pub run_name: Arc<str>,
    /// The state that was entered, for hooks on states.
    pub state: Option<Arc<State>>,
    /// The transaction, for hooks on commit and rollback.
    pub transaction: Option<Transaction>,
}

type Function = dyn Fn(&HookContext) + Send + Sync;

struct Handle(Box<Function>);

/// A hook of this name. For `#[task]` and `#[flow]`.
pub fn hook(name: &str, function: impl Fn(&HookContext) + Send + Sync + 'static) -> Hook {
    Hook::new(name, Arc::new(Handle(Box::new(function))))
}

/// Runs a hook. A panic in it is its error.
pub(crate) fn run(hook: &Hook, moment: &HookMoment, run_name: &Arc<str>) -> Result<(), Error> {
    let handle = as_handle(&*hook.handle)?;
    let (state, transaction) = match moment {
        HookMoment::Entered(state) => (Some(Arc::clone(state)), None),
        HookMoment::Committed(transaction) | HookMoment::RolledBack(transaction) => (None, Some(transaction.clone())),
    };
    let context = HookContext { run_name: Arc::clone(run_name), state, transaction };
    catch_unwind(AssertUnwindSafe(|| (handle.0)(&context)))
        .map_err(|panic| Error::new(ErrorKind::User, format!("panicked: {}", panic_message(&*panic))))
}

fn as_handle(handle: &(dyn Any + Send + Sync)) -> Result<&Handle, Error> {
    handle.downcast_ref().ok_or_else(|| Error::new(ErrorKind::User, "the hook belongs to another front end"))
}
