//! How a run ended, for whoever wants more than the value.

use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::panic::resume_unwind;
use std::sync::Arc;

use keepwell_core::run::State;
use keepwell_core::{Error, ErrorKind};

/// The final state of a run, with its value. Dereferences to the [`State`].
pub struct RunState<R> {
    state: Arc<State>,
    pub(crate) outcome: Outcome<R>,
}

/// What a run leaves to its caller.
pub(crate) enum Outcome<R> {
    /// The function returned, or its record was there.
    Value(R),
    /// The function panicked with this.
    Panicked(Box<dyn Any + Send>),
    /// The engine did not let the function run, or stopped it.
    Refused(Error),
}

impl<R> RunState<R> {
    pub(crate) fn new(state: Arc<State>, outcome: Outcome<R>) -> Self {
        Self { state, outcome }
    }

    /// The state.
    pub fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// What the function returned (for a failed run of a function that returns a `Result`, its `Err`).
    ///
    /// # Errors
    /// [`ErrorKind::User`] if the function panicked; the engine's own error if it did not let the function run.
    pub fn result(self) -> Result<R, Error> {
        match self.outcome {
            Outcome::Value(value) => Ok(value),
            Outcome::Refused(error) => Err(error),
            Outcome::Panicked(panic) => {
                Err(Error::new(ErrorKind::User, format!("the function panicked: {}", panic_message(&*panic))))
            }
        }
    }

    /// What a plain call gives back: the value, the panic, or the engine's error as the function's own.
    pub(crate) fn into_return(self, refuse: fn(Error) -> Result<R, Error>) -> R {
        match self.outcome {
            Outcome::Value(value) => value,
            Outcome::Panicked(panic) => resume_unwind(panic),
            Outcome::Refused(error) => refuse(error).unwrap_or_else(|error| panic!("{}", error.report())),
        }
    }
}

impl<R> Deref for RunState<R> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl<R> fmt::Display for RunState<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.state, formatter)
    }
}

impl<R> fmt::Debug for RunState<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.state, formatter)
    }
}

/// What a panic was raised with, where it was a text.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("something that is not a text")
}
