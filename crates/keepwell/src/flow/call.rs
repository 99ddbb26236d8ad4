//! A call of a flow with its arguments, not yet run.

use std::fmt;
use std::sync::Arc;

use keepwell_core::action::{Action, FrontEndAction, Reply, Step};
use keepwell_core::driver::{self, FrontEnd};
use keepwell_core::event::Event;
use keepwell_core::run::FlowOptions;

use super::Flow;
use super::caller::Caller;
use crate::task::{BoxFuture, CallTable, RunState};
use crate::{clock, waiting};

/// Which flow is called: the one that was defined, or one with other options.
enum Which {
    Defined(&'static Flow),
    Changed(Arc<Flow>),
}

impl Which {
    fn flow(&self) -> &Flow {
        match self {
            Self::Defined(flow) => flow,
            Self::Changed(flow) => flow,
        }
    }

    fn with_options(self, change: impl FnOnce(&mut FlowOptions)) -> Self {
        Self::Changed(Arc::new(self.flow().with_options(change)))
    }
}

/// A call of an ordinary function that is a flow, not yet run. Made by a flow's `bind`.
#[must_use = "a call does nothing until it is run"]
pub struct FlowCall<A, R> {
    which: Which,
    table: CallTable<A, R>,
    body: fn(A) -> R,
    arguments: A,
}

impl<A, R> FlowCall<A, R> {
    /// A call of `flow`. For `#[flow]`.
    pub fn new(flow: &'static Flow, table: CallTable<A, R>, body: fn(A) -> R, arguments: A) -> Self {
        Self { which: Which::Defined(flow), table, body, arguments }
    }

    /// The same call after `change` has changed the flow's options. The flow itself stays as it is.
    pub fn with_options(mut self, change: impl FnOnce(&mut FlowOptions)) -> Self {
        self.which = self.which.with_options(change);
        self
    }

    /// Runs the flow as a plain call of the function does, for its value.
    ///
    /// # Panics
    /// As the function does.
    pub fn call(self) -> R {
        let refuse = self.table.returned.refuse;
        self.state().into_return(refuse)
    }

    /// Runs the flow for its final state, with the value in it. Never panics.
    pub fn state(self) -> RunState<R> {
        let caller = Caller::new(self.which.flow(), &self.table, self.arguments);
        let mut run = caller.run();
        let mut blocking = Blocking { caller, body: self.body };
        let end = driver::drive(&mut run.procedure, clock::clock(), &mut blocking);
        blocking.caller.finish(end)
    }
}

struct Blocking<'c, A, R> {
    caller: Caller<'c, A, R>,
    body: fn(A) -> R,
}

impl<A, R> FrontEnd for Blocking<'_, A, R> {
    fn perform(&mut self, action: FrontEndAction) -> Reply {
        self.caller.perform(action).unwrap_or_else(|attempt| {
            let (arguments, context) = self.caller.before_body(&attempt);
            let run = self.caller.rules().run(context, || (self.body)(arguments));
            self.caller.wait_for_submitted();
            self.caller.after_body(run)
        })
    }

    fn report(&mut self, event: Event) {
        self.caller.report(&event);
    }
}

/// A call of an async function that is a flow, not yet run. Made by a flow's `bind`.
#[must_use = "a call does nothing until it is run"]
pub struct AsyncFlowCall<'a, A, R> {
    which: Which,
    table: CallTable<A, R>,
    body: fn(A) -> BoxFuture<'a, R>,
    arguments: A,
}

impl<'a, A, R> AsyncFlowCall<'a, A, R> {
    /// A call of `flow`. For `#[flow]`.
    pub fn new(flow: &'static Flow, table: CallTable<A, R>, body: fn(A) -> BoxFuture<'a, R>, arguments: A) -> Self {
        Self { which: Which::Defined(flow), table, body, arguments }
    }

    /// The same call after `change` has changed the flow's options. The flow itself stays as it is.
    pub fn with_options(mut self, change: impl FnOnce(&mut FlowOptions)) -> Self {
        self.which = self.which.with_options(change);
        self
    }

    /// Runs the flow as a plain call of the function does, for its value.
    ///
    /// # Panics
    /// As the function does.
    pub async fn call(self) -> R {
        let refuse = self.table.returned.refuse;
        self.state().await.into_return(refuse)
    }

    /// Runs the flow for its final state, with the value in it. Never panics.
    pub async fn state(self) -> RunState<R> {
        let mut caller = Caller::new(self.which.flow(), &self.table, self.arguments);
        let mut run = caller.run();
        let mut step = run.procedure.start();
        loop {
            run.procedure.take_events().iter().for_each(|event| caller.report(event));
            let reply = match step {
                Step::Done(end) => return caller.finish(end),
                Step::Perform(Action::FrontEnd(action)) => perform(&mut caller, self.body, action).await,
                Step::Perform(Action::Store(action)) => waiting::perform(action).await,
                Step::Perform(Action::Sleep(duration)) => waiting::sleep(duration).await,
            };
            step = run.procedure.resume(reply);
        }
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
            let (arguments, context) = caller.before_body(&attempt);
            let run = caller.rules().run_async(context, || body(arguments)).await;
            caller.wait_for_submitted();
            caller.after_body(run)
        }
    }
}

impl<A, R> fmt::Debug for FlowCall<A, R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "FlowCall({:?})", self.which.flow())
    }
}

impl<A, R> fmt::Debug for AsyncFlowCall<'_, A, R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "AsyncFlowCall({:?})", self.which.flow())
    }
}
