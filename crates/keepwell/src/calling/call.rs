//! A call of a task or flow with its arguments, not yet run.

use std::fmt;

use super::{BoxFuture, Definition, Which};
use crate::task::{CallTable, RunState};

/// A call of an ordinary function with its arguments, not yet run. Made by the `bind` of a task or flow.
#[must_use = "a call does nothing until it is run"]
pub struct Call<D: Definition, A, R> {
    which: Which<D>,
    table: CallTable<A, R>,
    body: fn(A) -> R,
    arguments: A,
}

impl<D: Definition, A, R> Call<D, A, R> {
    /// A call of what is `defined`. For the attributes.
    pub fn new(defined: &'static D, table: CallTable<A, R>, body: fn(A) -> R, arguments: A) -> Self {
        Self { which: Which::Defined(defined), table, body, arguments }
    }

    /// The same call after `change` has changed the options. The task or flow itself stays as it is.
    pub fn with_options(mut self, change: impl FnOnce(&mut D::Options)) -> Self {
        self.which = self.which.with_options(change);
        self
    }

    /// Runs it as a plain call of the function does, for its value.
    ///
    /// # Panics
    /// As the function does; and if the engine does not let it run while its return type has no room for a
    /// [`keepwell::Error`](crate::Error).
    pub fn call(self) -> R {
        let refuse = self.table.returned.refuse;
        self.state().into_return(refuse)
    }

    /// Runs it for its final state, with the value in it. Never panics.
    pub fn state(self) -> RunState<R> {
        self.which.run(&self.table, self.body, self.arguments)
    }
}

/// A call of an async function with its arguments, not yet run. Made by the `bind` of a task or flow.
#[must_use = "a call does nothing until it is run"]
pub struct AsyncCall<'a, D: Definition, A, R> {
    which: Which<D>,
    table: CallTable<A, R>,
    body: fn(A) -> BoxFuture<'a, R>,
    arguments: A,
}

impl<'a, D: Definition, A, R> AsyncCall<'a, D, A, R> {
    /// A call of what is `defined`. For the attributes.
    pub fn new(defined: &'static D, table: CallTable<A, R>, body: fn(A) -> BoxFuture<'a, R>, arguments: A) -> Self {
        Self { which: Which::Defined(defined), table, body, arguments }
    }

    /// The same call after `change` has changed the options. The task or flow itself stays as it is.
    pub fn with_options(mut self, change: impl FnOnce(&mut D::Options)) -> Self {
        self.which = self.which.with_options(change);
        self
    }

    /// Runs it as a plain call of the function does, for its value.
    ///
    /// # Panics
    /// As [`Call::call`].
    pub async fn call(self) -> R {
        let refuse = self.table.returned.refuse;
        self.state().await.into_return(refuse)
    }

    /// Runs it for its final state, with the value in it. Never panics.
    pub async fn state(self) -> RunState<R> {
        self.which.run_async(&self.table, self.body, self.arguments).await
    }
}

impl<D: Definition, A, R> fmt::Debug for Call<D, A, R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Call({:?})", *self.which)
    }
}

impl<D: Definition, A, R> fmt::Debug for AsyncCall<'_, D, A, R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "AsyncCall({:?})", *self.which)
    }
}
