//! Calls of async functions. Bodies, locks and delays are awaited; local storages are fast enough to be used in place.

use std::pin::Pin;

use keepwell_core::action::{Action, FrontEndAction, Reply, Step};
use keepwell_core::driver::{self, FrontEnd};
use keepwell_core::event::Event;
use keepwell_core::run::TaskRun;

use super::caller::Caller;
use super::{CallTable, RunState, Task};
use crate::{clock, waiting};

/// A future that has been put on the heap, so that its type has a name.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Runs a call to its end. If the returned future is dropped before, the call's transaction is rolled back and its
/// locks are given back.
pub(super) async fn run<'a, A, R>(
    task: &Task,
    table: &CallTable<A, R>,
    body: fn(A) -> BoxFuture<'a, R>,
    arguments: A,
) -> RunState<R> {
    let mut call = OnItsWay::new(Caller::new(task, table, arguments));
    let mut step = call.run.procedure.start();
    loop {
        call.run.procedure.take_events().iter().for_each(|event| call.caller.report(event));
        let reply = match step {
            Step::Done(end) => return call.caller.finish(end),
            Step::Perform(Action::FrontEnd(action)) => perform(&mut call.caller, body, action).await,
            Step::Perform(Action::Store(action)) => waiting::perform(action).await,
            Step::Perform(Action::Sleep(duration)) => waiting::sleep(duration).await,
        };
        step = call.run.procedure.resume(reply);
    }
}

async fn perform<'a, A, R>(
    caller: &mut Caller<'_, A, R>,
    body: fn(A) -> BoxFuture<'a, R>,
    action: FrontEndAction,
) -> Reply {
    match caller.perform(action) {
        Ok(reply) => reply,
        Err(attempt) => {
            let (arguments, context) = caller.before_body(attempt);
            let run = caller.rules().run_async(context, || body(arguments)).await;
            caller.after_body(run)
        }
    }
}

/// A call that is given up if its future is dropped before its end.
struct OnItsWay<'c, A, R> {
    caller: Caller<'c, A, R>,
    run: TaskRun,
}

impl<'c, A, R> OnItsWay<'c, A, R> {
    fn new(caller: Caller<'c, A, R>) -> Self {
        Self { run: caller.run(), caller }
    }
}

impl<A, R> Drop for OnItsWay<'_, A, R> {
    fn drop(&mut self) {
        if let Some(procedure) = self.run.procedure.abandon() {
            driver::drive(procedure, clock::clock(), &mut GivenUp(&mut self.caller));
        }
    }
}

/// What is left to do for a call that was given up: hooks and reports.
struct GivenUp<'a, 'c, A, R>(&'a mut Caller<'c, A, R>);

impl<A, R> FrontEnd for GivenUp<'_, '_, A, R> {
    fn perform(&mut self, action: FrontEndAction) -> Reply {
        self.0.perform(action).unwrap_or_else(|_| unreachable!("a run that was given up runs no body"))
    }

    fn report(&mut self, event: Event) {
        self.0.report(&event);
    }
}
