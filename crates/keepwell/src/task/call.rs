//! A call of a task with its arguments, not yet run.

use std::fmt;

use keepwell_core::run::TaskOptions;

use super::caller::Caller;
use super::{CallTable, RunState, Task};
use crate::calling::{self, BoxFuture, Which};

/// A call of an ordinary function with its arguments, not yet run. Made by a task's `bind`.
#[must_use = "a call does nothing until it is run"]
pub struct Call<A, R> {
    which: Which<Task>,
    table: CallTable<A, R>,
    body: fn(A) -> R,
    arguments: A,
}

impl<A, R> Call<A, R> {
    /// A call of `task`. For `#[task]`.
    pub fn new(task: &'static Task, table: CallTable<A, R>, body: fn(A) -> R, arguments: A) -> Self {
        Self { which: Which::Defined(task), table, body, arguments }
    }

    /// The same call after `change` has changed the task's options. The task itself stays as it is.
    pub fn with_options(mut self, change: impl FnOnce(&mut TaskOptions)) -> Self {
        self.which = self.which.with_options(change);
        self
    }

    /// Runs the task as a plain call of the function does, for its value.
    ///
    /// # Panics
    /// As the function does; and if the engine does not let it run while its return type has no room for a
    /// [`keepwell::Error`](crate::Error).
    pub fn call(self) -> R {
        let refuse = self.table.returned.refuse;
        self.state().into_return(refuse)
    }

    /// Runs the task for its final state, with the value in it. Never panics.
    pub fn state(self) -> RunState<R> {
        let mut caller = Caller::new(&self.which, &self.table, self.arguments);
        let mut run = caller.run();
        let end = calling::drive(&mut run.procedure, &mut caller, self.body);
        caller.finish(end)
    }
}

/// A call of an async function with its arguments, not yet run. Made by a task's `bind`.
#[must_use = "a call does nothing until it is run"]
pub struct AsyncCall<'a, A, R> {
    which: Which<Task>,
    table: CallTable<A, R>,
    body: fn(A) -> BoxFuture<'a, R>,
    arguments: A,
}

impl<'a, A, R> AsyncCall<'a, A, R> {
    /// A call of `task`. For `#[task]`.
    pub fn new(task: &'static Task, table: CallTable<A, R>, body: fn(A) -> BoxFuture<'a, R>, arguments: A) -> Self {
        Self { which: Which::Defined(task), table, body, arguments }
    }

    /// The same call after `change` has changed the task's options. The task itself stays as it is.
    pub fn with_options(mut self, change: impl FnOnce(&mut TaskOptions)) -> Self {
        self.which = self.which.with_options(change);
        self
    }

    /// Runs the task as a plain call of the function does, for its value.
    ///
    /// # Panics
    /// As [`Call::call`].
    pub async fn call(self) -> R {
        let refuse = self.table.returned.refuse;
        self.state().await.into_return(refuse)
    }

    /// Runs the task for its final state, with the value in it. Never panics.
    pub async fn state(self) -> RunState<R> {
        let mut caller = Caller::new(&self.which, &self.table, self.arguments);
        let mut run = caller.run();
        let end = calling::drive_async(&mut run.procedure, &mut caller, self.body).await;
        caller.finish(end)
    }
}

/// A call that a worker thread can run.
pub trait Runnable {
    /// What the function returns.
    type Return;

    /// Runs the task on this thread, for its final state.
    fn run_here(self) -> RunState<Self::Return>;
}

impl<A, R> Runnable for Call<A, R> {
    type Return = R;

    fn run_here(self) -> RunState<R> {
        self.state()
    }
}

impl<A, R> Runnable for AsyncCall<'_, A, R> {
    type Return = R;

    fn run_here(self) -> RunState<R> {
        futures_lite::future::block_on(self.state())
    }
}

impl<A, R> fmt::Debug for Call<A, R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Call({:?})", &*self.which)
    }
}

impl<A, R> fmt::Debug for AsyncCall<'_, A, R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "AsyncCall({:?})", &*self.which)
    }
}
