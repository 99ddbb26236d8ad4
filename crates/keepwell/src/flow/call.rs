//! A call of a flow with its arguments, not yet run.

use std::fmt;

use keepwell_core::run::FlowOptions;

use super::Flow;
use super::caller::Caller;
use crate::calling::{self, BoxFuture, Which};
use crate::task::{CallTable, RunState};

/// A call of an ordinary function that is a flow, not yet run. Made by a flow's `bind`.
#[must_use = "a call does nothing until it is run"]
pub struct FlowCall<A, R> {
    which: Which<Flow>,
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
        let mut caller = Caller::new(&self.which, &self.table, self.arguments);
        let mut run = caller.run();
        let end = calling::drive(&mut run.procedure, &mut caller, self.body);
        caller.finish(end)
    }
}

/// A call of an async function that is a flow, not yet run. Made by a flow's `bind`.
#[must_use = "a call does nothing until it is run"]
pub struct AsyncFlowCall<'a, A, R> {
    which: Which<Flow>,
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
        let mut caller = Caller::new(&self.which, &self.table, self.arguments);
        let mut run = caller.run();
        let end = calling::drive_async(&mut run.procedure, &mut caller, self.body).await;
        caller.finish(end)
    }
}

impl<A, R> fmt::Debug for FlowCall<A, R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "FlowCall({:?})", &*self.which)
    }
}

impl<A, R> fmt::Debug for AsyncFlowCall<'_, A, R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "AsyncFlowCall({:?})", &*self.which)
    }
}
