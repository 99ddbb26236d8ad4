//! What is called: a task or a flow, as its attribute defined it or with other options.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::BoxFuture;
use crate::task::{CallTable, RunState};

/// What an attribute makes once for each function: a task or a flow.
pub trait Definition: fmt::Debug + Sized + 'static {
    /// Its options.
    type Options;

    /// The same after `change` has changed the options.
    #[must_use]
    fn with_options(&self, change: impl FnOnce(&mut Self::Options)) -> Self;

    /// Runs a call of an ordinary function to its end.
    fn run<A, R>(&self, table: &CallTable<A, R>, body: fn(A) -> R, arguments: A) -> RunState<R>;

    /// Runs a call of an async function to its end.
    fn run_async<'a, A, R>(
        &self,
        table: &CallTable<A, R>,
        body: fn(A) -> BoxFuture<'a, R>,
        arguments: A,
    ) -> impl Future<Output = RunState<R>>;
}

/// The definition that an attribute made, or one with other options.
pub(crate) enum Which<D: 'static> {
    Defined(&'static D),
    Changed(Arc<D>),
}

impl<D: Definition> Which<D> {
    pub(crate) fn with_options(&self, change: impl FnOnce(&mut D::Options)) -> Self {
        Self::Changed(Arc::new((**self).with_options(change)))
    }
}

impl<D> Deref for Which<D> {
    type Target = D;

    fn deref(&self) -> &D {
        match self {
            Self::Defined(definition) => definition,
            Self::Changed(definition) => definition,
        }
    }
}
