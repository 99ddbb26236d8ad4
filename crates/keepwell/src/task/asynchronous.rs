//! Calls of async functions. Bodies, locks and delays are awaited; local storages are fast enough to be used in place.

use std::pin::Pin;

use keepwell_core::action::{Action, FrontEndAction, Reply, Step};
use keepwell_core::run::TaskRun;

use super::caller::Caller;
use super::{CallTable, RunState, Task};
use crate::{transactions, waiting};

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
    let mut caller = Caller::new(task, table, arguments);
    let mut open = AbandonOnDrop(caller.run());
    let mut step = open.0.procedure.start();
    loop {
        let reply = match step {
            Step::Done(end) => return caller.finish(end),
            Step::Perform(Action::FrontEnd(action)) => perform(&mut caller, body, action).await,
            Step::Perform(Action::Store(action)) => waiting::perform(action).await,
            Step::Perform(Action::Sleep(duration)) => waiting::sleep(duration).await,
            Step::Perform(Action::Report(event)) => {
                caller.report(&event);
                Reply::Done
            }
        };
        step = open.0.procedure.resume(reply);
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

/// Rolls back a run whose future is dropped in the middle; a run that has come to its end has nothing open.
struct AbandonOnDrop(TaskRun);

impl Drop for AbandonOnDrop {
    fn drop(&mut self) {
        if let Some(procedure) = self.0.abandon() {
            transactions::drive(procedure);
        }
    }
}
