//! Whether a return value is a failure, and its error in words.

use std::any::type_name;
use std::fmt::{Debug, Display};

use super::Probe;

/// First choice for the words of an error: a `Result` whose error displays itself.
pub trait FailureDisplays<R> {
    /// See [`ReturnTable::failure`](crate::task::ReturnTable::failure).
    fn failure(&self) -> fn(&R) -> Option<String>;
}

impl<T, E: Display> FailureDisplays<Result<T, E>> for &&Probe<Result<T, E>> {
    fn failure(&self) -> fn(&Result<T, E>) -> Option<String> {
        |value| value.as_ref().err().map(|error| format!("{}: {error}", short_name::<E>()))
    }
}

/// Second choice: a `Result` whose error can be shown to a developer.
pub trait FailureDebugs<R> {
    /// See [`ReturnTable::failure`](crate::task::ReturnTable::failure).
    fn failure(&self) -> fn(&R) -> Option<String>;
}

impl<T, E: Debug> FailureDebugs<Result<T, E>> for &Probe<Result<T, E>> {
    fn failure(&self) -> fn(&Result<T, E>) -> Option<String> {
        |value| value.as_ref().err().map(|error| format!("{}: {error:?}", short_name::<E>()))
    }
}

/// Third choice: a `Result` of whose error nothing but the type is known. Last: not a `Result`, so never a failure.
pub trait FailureOrNone<R> {
    /// See [`ReturnTable::failure`](crate::task::ReturnTable::failure).
    fn failure(&self) -> fn(&R) -> Option<String>;
}

impl<R> FailureOrNone<R> for Probe<R> {
    fn failure(&self) -> fn(&R) -> Option<String> {
        |_| None
    }
}

/// The name of a type without its path and arguments.
fn short_name<T>() -> &'static str {
    let name = type_name::<T>();
    let plain = name.split('<').next().unwrap_or(name);
    plain.rsplit("::").next().unwrap_or(plain)
}
