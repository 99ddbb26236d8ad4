//! Whether a return type has room for the engine's own errors.

use keepwell_core::Error;

use super::Probe;
use crate::value::verdict::{No, Verdict, Yes};

/// First choice for the engine's own errors: a `Result` that has room for them.
pub trait RefusesByError<R> {
    /// See [`ReturnTable::refuse`](crate::task::ReturnTable::refuse).
    fn refuse(&self) -> fn(Error) -> Result<R, Error>;

    /// Whether there is room.
    fn has_room(&self) -> Verdict<R, Yes>;
}

impl<T, E: From<Error>> RefusesByError<Result<T, E>> for &Probe<Result<T, E>> {
    fn refuse(&self) -> fn(Error) -> Result<Result<T, E>, Error> {
        |error| Ok(Err(error.into()))
    }

    fn has_room(&self) -> Verdict<Result<T, E>, Yes> {
        Verdict::new()
    }
}

/// Last choice: there is no room, so the caller panics.
pub trait RefusesByPanic<R> {
    /// See [`ReturnTable::refuse`](crate::task::ReturnTable::refuse).
    fn refuse(&self) -> fn(Error) -> Result<R, Error>;

    /// Whether there is room.
    fn has_room(&self) -> Verdict<R, No>;
}

impl<R> RefusesByPanic<R> for Probe<R> {
    fn refuse(&self) -> fn(Error) -> Result<R, Error> {
        Err
    }

    fn has_room(&self) -> Verdict<R, No> {
        Verdict::new()
    }
}
