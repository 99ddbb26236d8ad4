//! Calls of async functions. Bodies, locks and delays are awaited; local storages are fast enough to be used in place.

use std::marker::PhantomData;
use std::pin::Pin;

use keepwell_core::action::{Action, FrontEndAction, Procedure, Reply, Step};

use super::{Caller, blocking};
use crate::task::RunState;
use crate::waiting;

/// A future that has been put on the heap, so that its type has a name.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Runs a call to its end. If the returned future is dropped before, the call is given up: what is staged is undone and
/// every lock is given back.
pub(crate) async fn run_async<'a, A, R, C: Caller<A, R>>(
    mut caller: C,
    body: fn(A) -> BoxFuture<'a, R>,
) -> RunState<R> {
    let mut procedure = caller.procedure();
    let call = OnItsWay { procedure: &mut procedure, caller: &mut caller, types: PhantomData };
    let mut step = call.procedure.start();
    let end = loop {
        call.procedure.take_events().iter().for_each(|event| call.caller.report(event));
        let reply = match step {
            Step::Done(end) => break end,
            Step::Perform(Action::FrontEnd(action)) => perform(call.caller, body, action).await,
            Step::Perform(Action::Store(action)) => waiting::perform(action).await,
            Step::Perform(Action::Sleep(duration)) => waiting::sleep(duration).await,
        };
        step = call.procedure.resume(reply);
    };
    drop(call);
    caller.finish(end)
}

async fn perform<'a, A, R>(
    caller: &mut impl Caller<A, R>,
    body: fn(A) -> BoxFuture<'a, R>,
    action: FrontEndAction,
) -> Reply {
    match caller.perform(action) {
        Ok(reply) => reply,
        Err(attempt) => {
            let (arguments, context) = caller.before_body(attempt);
            let run = caller.rules().run_async(context, || body(arguments)).await;
            if let Some(submitted) = caller.submitted() {
                submitted.wait_async().await;
            }
            caller.after_body(run)
        }
    }
}

/// A call that is given up if its future is dropped before its end.
struct OnItsWay<'c, T, A, R, C: Caller<A, R>> {
    procedure: &'c mut Procedure<T>,
    caller: &'c mut C,
    types: PhantomData<fn(A) -> R>,
}

impl<T, A, R, C: Caller<A, R>> Drop for OnItsWay<'_, T, A, R, C> {
    fn drop(&mut self) {
        if let Some(procedure) = self.procedure.abandon() {
            blocking::drive(procedure, self.caller, |_| unreachable!("a call that was given up runs no body"));
        }
    }
}
