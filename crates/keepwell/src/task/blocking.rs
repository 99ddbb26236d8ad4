//! Calls of ordinary functions: they block until the value is there.

use keepwell_core::action::{FrontEndAction, Reply};
use keepwell_core::driver::{self, FrontEnd};
use keepwell_core::event::Event;

use super::caller::Caller;
use super::{CallTable, RunState, Task};
use crate::clock;

/// Runs a call to its end.
pub(super) fn run<A, R>(task: &Task, table: &CallTable<A, R>, body: fn(A) -> R, arguments: A) -> RunState<R> {
    let mut blocking = Blocking { caller: Caller::new(task, table, arguments), body };
    let mut run = blocking.caller.run();
    let end = driver::drive(&mut run.procedure, clock::clock(), &mut blocking);
    blocking.caller.finish(end)
}

struct Blocking<'c, A, R> {
    caller: Caller<'c, A, R>,
    body: fn(A) -> R,
}

impl<A, R> FrontEnd for Blocking<'_, A, R> {
    fn perform(&mut self, action: FrontEndAction) -> Reply {
        self.caller.perform(action).unwrap_or_else(|attempt| {
            let (arguments, context) = self.caller.before_body(attempt);
            let run = self.caller.rules().run(context, || (self.body)(arguments));
            self.caller.after_body(run)
        })
    }

    fn report(&mut self, event: Event) {
        self.caller.report(&event);
    }
}
