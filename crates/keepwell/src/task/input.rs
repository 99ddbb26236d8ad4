//! Inputs of submitted tasks: values, or futures of tasks that are still running.

use std::fmt;
use std::sync::Arc;

use keepwell_core::run::State;

use super::TaskFuture;

/// An input of a submitted task: a value that is there, or one that an earlier task will return.
pub struct Input<T>(Source<T>);

enum Source<T> {
    Value(T),
    Later(Box<dyn FnOnce() -> Result<T, UpstreamFailed> + Send>),
}

/// A task whose value was to be an input did not complete.
#[derive(Clone, Debug)]
pub struct UpstreamFailed {
    pub(crate) state: Arc<State>,
}

impl fmt::Display for UpstreamFailed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Upstream task run did not reach a 'COMPLETED' state: it ended in {}", self.state)
    }
}

impl<T> Input<T> {
    /// The value, waiting for it if need be.
    ///
    /// # Errors
    /// [`UpstreamFailed`] if the task that was to return it did not complete.
    pub fn resolve(self) -> Result<T, UpstreamFailed> {
        match self.0 {
            Source::Value(value) => Ok(value),
            Source::Later(wait) => wait(),
        }
    }
}

/// What may be given to `submit` where the function takes a `T`: a `T`, or the future of a task that returns one.
pub trait IntoInput<T> {
    /// The input.
    fn into_input(self) -> Input<T>;
}

impl<T> IntoInput<T> for T {
    fn into_input(self) -> Input<T> {
        Input(Source::Value(self))
    }
}

impl<T: Clone + Send + 'static> IntoInput<T> for &TaskFuture<T> {
    fn into_input(self) -> Input<T> {
        let future = self.share();
        Input(Source::Later(Box::new(move || future.value())))
    }
}

impl<T: Clone + Send + 'static> IntoInput<T> for TaskFuture<T> {
    fn into_input(self) -> Input<T> {
        (&self).into_input()
    }
}

impl<T, E> IntoInput<T> for &TaskFuture<Result<T, E>>
where
    T: Clone + Send + 'static,
    E: Clone + Send + 'static,
{
    fn into_input(self) -> Input<T> {
        let future = self.share();
        Input(Source::Later(Box::new(move || {
            let state = future.state();
            future.value()?.map_err(|_| UpstreamFailed { state })
        })))
    }
}

impl<T, E> IntoInput<T> for TaskFuture<Result<T, E>>
where
    T: Clone + Send + 'static,
    E: Clone + Send + 'static,
{
    fn into_input(self) -> Input<T> {
        (&self).into_input()
    }
}

impl<T> fmt::Debug for Input<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Source::Value(_) => formatter.write_str("Input(value)"),
            Source::Later(_) => formatter.write_str("Input(future)"),
        }
    }
}
