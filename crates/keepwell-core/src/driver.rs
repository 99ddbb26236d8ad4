//! Performs actions for callers that may block. Decides nothing.

use crate::action::{Action, FrontEndAction, Procedure, Reply, Step, StoreAction};
use crate::clock::Clock;
use crate::event::Event;
use crate::lock::timed_out;
use crate::store;

/// What the engine needs of a front end that may block.
pub trait FrontEnd {
    /// Does what only the front end can do, and gives the reply that the action is owed.
    fn perform(&mut self, action: FrontEndAction) -> Reply;

    /// Takes note of an event.
    fn report(&mut self, event: Event);
}

/// Drives a procedure to its end.
pub fn drive<T>(procedure: &mut Procedure<T>, clock: &dyn Clock, front_end: &mut impl FrontEnd) -> T {
    let mut step = procedure.start();
    loop {
        procedure.take_events().into_iter().for_each(|event| front_end.report(event));
        let reply = match step {
            Step::Done(result) => return result,
            Step::Perform(Action::FrontEnd(action)) => front_end.perform(action),
            Step::Perform(Action::Store(action)) => perform(action),
            Step::Perform(Action::Sleep(duration)) => {
                clock.sleep(duration);
                Reply::Done
            }
        };
        step = procedure.resume(reply);
    }
}

/// Performs a store action, blocking until it is done.
pub fn perform(action: StoreAction) -> Reply {
    match action {
        StoreAction::LookUp { store, key } => Reply::LookedUp(store.look_up(&key)),
        StoreAction::Claim { store, key, overwritten } => Reply::Claimed(store.claim(&key, overwritten)),
        StoreAction::Unclaim { store, key, claim } => Reply::Released(store.unclaim(&key, claim)),
        StoreAction::Commit(writes) => Reply::Committed(store::commit(&writes)),
        StoreAction::AcquireLock { manager, key, holder, timeout } => {
            Reply::Locked(manager.acquire_lock(&key, &holder, timeout, None).and_then(|granted| match granted {
                true => Ok(()),
                false => Err(timed_out(&key, &holder, manager.holder_of(&key)?.as_ref(), timeout)),
            }))
        }
        StoreAction::ReleaseLock { manager, key, holder } => Reply::Released(manager.release_lock(&key, &holder)),
    }
}
