//! What a return type can do, found out while compiling. For the attributes alone.
//!
//! An attribute sees the name of a type and not what the type implements. The choice is made by method resolution, as in
//! [`value::dispatch`](crate::value::dispatch): of several methods of one name the compiler takes the one that needs the
//! fewest references taken off, among those whose bounds hold. The attribute writes `(&&&&Probe::<R>::new()).method()`.

use std::any::type_name;
use std::fmt::{Debug, Display};

use keepwell_core::record::{EncodedValue, SerializerName};
use keepwell_core::{Error, ErrorKind};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use crate::value::dispatch::Probe;
use crate::value::{NumberBuffer, formats};

/// How a return value becomes bytes and comes back: `encode` and `decode` of a [`ReturnTable`](super::ReturnTable).
pub type ReturnCodec<R> =
    (fn(&R, &SerializerName) -> Result<EncodedValue, Error>, fn(&EncodedValue) -> Result<R, Error>);

/// First choice: a `Result` whose `Ok` value is numbers side by side.
pub trait ReturnsNumbersOrError<R> {
    /// See [`ReturnCodec`].
    fn return_codec(&self) -> ReturnCodec<R>;
}

impl<T, E> ReturnsNumbersOrError<Result<T, E>> for &&&&Probe<Result<T, E>>
where
    T: NumberBuffer + Serialize,
    T::Number: DeserializeOwned,
{
    fn return_codec(&self) -> ReturnCodec<Result<T, E>> {
        (
            |value, serializer| formats::encode_numbers(ok(value)?, serializer),
            |bytes| formats::decode_numbers(bytes).map(Ok),
        )
    }
}

/// Second choice: a `Result` whose `Ok` value is known to serde.
pub trait ReturnsSerializeOrError<R> {
    /// See [`ReturnCodec`].
    fn return_codec(&self) -> ReturnCodec<R>;
}

impl<T: Serialize + DeserializeOwned, E> ReturnsSerializeOrError<Result<T, E>> for &&&Probe<Result<T, E>> {
    fn return_codec(&self) -> ReturnCodec<Result<T, E>> {
        (|value, serializer| formats::encode(ok(value)?, serializer), |bytes| formats::decode(bytes).map(Ok))
    }
}

/// Third choice: numbers side by side.
pub trait ReturnsNumbers<R> {
    /// See [`ReturnCodec`].
    fn return_codec(&self) -> ReturnCodec<R>;
}

impl<R> ReturnsNumbers<R> for &&Probe<R>
where
    R: NumberBuffer + Serialize,
    R::Number: DeserializeOwned,
{
    fn return_codec(&self) -> ReturnCodec<R> {
        (formats::encode_numbers, formats::decode_numbers)
    }
}

/// Fourth choice: known to serde.
pub trait ReturnsSerialize<R> {
    /// See [`ReturnCodec`].
    fn return_codec(&self) -> ReturnCodec<R>;
}

impl<R: Serialize + DeserializeOwned> ReturnsSerialize<R> for &Probe<R> {
    fn return_codec(&self) -> ReturnCodec<R> {
        (formats::encode, formats::decode)
    }
}

/// Last choice: an error that names the type.
pub trait ReturnsAnything<R> {
    /// See [`ReturnCodec`].
    fn return_codec(&self) -> ReturnCodec<R>;
}

impl<R> ReturnsAnything<R> for Probe<R> {
    fn return_codec(&self) -> ReturnCodec<R> {
        (|_, _| Err(not_kept::<R>()), |_| Err(not_kept::<R>()))
    }
}

fn ok<T, E>(value: &Result<T, E>) -> Result<&T, Error> {
    value.as_ref().map_err(|_| Error::new(ErrorKind::Serialization, "an error is never kept"))
}

fn not_kept<R>() -> Error {
    let name = type_name::<R>();
    Error::new(ErrorKind::Serialization, format!("`{name}` is not known to be `Serialize` and `DeserializeOwned`"))
        .with_hint("derive both for the type, or set `persist_result = false` on the task")
}

/// First choice for the words of an error: a `Result` whose error displays itself.
pub trait FailureDisplays<R> {
    /// See [`ReturnTable::failure`](super::ReturnTable::failure).
    fn failure(&self) -> fn(&R) -> Option<String>;
}

impl<T, E: Display> FailureDisplays<Result<T, E>> for &&Probe<Result<T, E>> {
    fn failure(&self) -> fn(&Result<T, E>) -> Option<String> {
        |value| value.as_ref().err().map(|error| format!("{}: {error}", short_name::<E>()))
    }
}

/// Second choice: a `Result` whose error can be shown to a developer.
pub trait FailureDebugs<R> {
    /// See [`ReturnTable::failure`](super::ReturnTable::failure).
    fn failure(&self) -> fn(&R) -> Option<String>;
}

impl<T, E: Debug> FailureDebugs<Result<T, E>> for &Probe<Result<T, E>> {
    fn failure(&self) -> fn(&Result<T, E>) -> Option<String> {
        |value| value.as_ref().err().map(|error| format!("{}: {error:?}", short_name::<E>()))
    }
}

/// Third choice: a `Result` of whose error nothing but the type is known. Last: not a `Result`, so never a failure.
pub trait FailureOrNone<R> {
    /// See [`ReturnTable::failure`](super::ReturnTable::failure).
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

/// First choice for the engine's own errors: a `Result` that has room for them.
pub trait RefusesByError<R> {
    /// See [`ReturnTable::refuse`](super::ReturnTable::refuse).
    fn refuse(&self) -> fn(Error) -> Result<R, Error>;
}

impl<T, E: From<Error>> RefusesByError<Result<T, E>> for &Probe<Result<T, E>> {
    fn refuse(&self) -> fn(Error) -> Result<Result<T, E>, Error> {
        |error| Ok(Err(error.into()))
    }
}

/// Last choice: there is no room, so the caller panics.
pub trait RefusesByPanic<R> {
    /// See [`ReturnTable::refuse`](super::ReturnTable::refuse).
    fn refuse(&self) -> fn(Error) -> Result<R, Error>;
}

impl<R> RefusesByPanic<R> for Probe<R> {
    fn refuse(&self) -> fn(Error) -> Result<R, Error> {
        Err
    }
}
