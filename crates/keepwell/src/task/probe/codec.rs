//! How a return value becomes bytes and comes back.

use std::any::type_name;

use keepwell_core::record::{EncodedValue, SerializerName};
use keepwell_core::{Error, ErrorKind};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Probe;
use crate::value::verdict::{No, Verdict, Yes};
use crate::value::{NumberBuffer, formats};

/// How a return value becomes bytes and comes back: `encode` and `decode` of a [`ReturnTable`](crate::task::ReturnTable).
pub type ReturnCodec<R> =
    (fn(&R, &SerializerName) -> Result<EncodedValue, Error>, fn(&EncodedValue) -> Result<R, Error>);

/// First choice: a `Result` whose `Ok` value is numbers side by side.
pub trait ReturnsNumbersOrError<R> {
    /// What is kept of the return value, if it can be.
    type Kept;

    /// See [`ReturnCodec`].
    fn return_codec(&self) -> ReturnCodec<R>;

    /// Whether it can be kept.
    fn keeps(&self) -> Verdict<Self::Kept, Yes>;
}

impl<T, E> ReturnsNumbersOrError<Result<T, E>> for &&&&&Probe<Result<T, E>>
where
    T: NumberBuffer + Serialize,
    T::Number: DeserializeOwned,
{
    type Kept = T;

    fn return_codec(&self) -> ReturnCodec<Result<T, E>> {
        (
            |value, serializer| formats::encode_numbers(ok(value)?, serializer),
            |bytes| formats::decode_numbers(bytes).map(Ok),
        )
    }

    fn keeps(&self) -> Verdict<T, Yes> {
        Verdict::new()
    }
}

/// Second choice: a `Result` whose `Ok` value is known to serde.
pub trait ReturnsSerializeOrError<R> {
    /// What is kept of the return value, if it can be.
    type Kept;

    /// See [`ReturnCodec`].
    fn return_codec(&self) -> ReturnCodec<R>;

    /// Whether it can be kept.
    fn keeps(&self) -> Verdict<Self::Kept, Yes>;
}

impl<T: Serialize + DeserializeOwned, E> ReturnsSerializeOrError<Result<T, E>> for &&&&Probe<Result<T, E>> {
    type Kept = T;

    fn return_codec(&self) -> ReturnCodec<Result<T, E>> {
        (|value, serializer| formats::encode(ok(value)?, serializer), |bytes| formats::decode(bytes).map(Ok))
    }

    fn keeps(&self) -> Verdict<T, Yes> {
        Verdict::new()
    }
}

/// Third choice: numbers side by side.
pub trait ReturnsNumbers<R> {
    /// What is kept of the return value, if it can be.
    type Kept;

    /// See [`ReturnCodec`].
    fn return_codec(&self) -> ReturnCodec<R>;

    /// Whether it can be kept.
    fn keeps(&self) -> Verdict<Self::Kept, Yes>;
}

impl<R> ReturnsNumbers<R> for &&&Probe<R>
where
    R: NumberBuffer + Serialize,
    R::Number: DeserializeOwned,
{
    type Kept = R;

    fn return_codec(&self) -> ReturnCodec<R> {
        (formats::encode_numbers, formats::decode_numbers)
    }

    fn keeps(&self) -> Verdict<R, Yes> {
        Verdict::new()
    }
}

/// Fourth choice: known to serde.
pub trait ReturnsSerialize<R> {
    /// What is kept of the return value, if it can be.
    type Kept;

    /// See [`ReturnCodec`].
    fn return_codec(&self) -> ReturnCodec<R>;

    /// Whether it can be kept.
    fn keeps(&self) -> Verdict<Self::Kept, Yes>;
}

impl<R: Serialize + DeserializeOwned> ReturnsSerialize<R> for &&Probe<R> {
    type Kept = R;

    fn return_codec(&self) -> ReturnCodec<R> {
        (formats::encode, formats::decode)
    }

    fn keeps(&self) -> Verdict<R, Yes> {
        Verdict::new()
    }
}

/// Fifth choice: a `Result`, and an error that names the type of its `Ok` value.
pub trait ReturnsAnythingOrError<R> {
    /// What is kept of the return value, if it can be.
    type Kept;

    /// See [`ReturnCodec`].
    fn return_codec(&self) -> ReturnCodec<R>;

    /// Whether it can be kept.
    fn keeps(&self) -> Verdict<Self::Kept, No>;
}

impl<T, E> ReturnsAnythingOrError<Result<T, E>> for &Probe<Result<T, E>> {
    type Kept = T;

    fn return_codec(&self) -> ReturnCodec<Result<T, E>> {
        (|_, _| Err(not_kept::<T>()), |_| Err(not_kept::<T>()))
    }

    fn keeps(&self) -> Verdict<T, No> {
        Verdict::new()
    }
}

/// Last choice: an error that names the type.
pub trait ReturnsAnything<R> {
    /// What is kept of the return value, if it can be.
    type Kept;

    /// See [`ReturnCodec`].
    fn return_codec(&self) -> ReturnCodec<R>;

    /// Whether it can be kept.
    fn keeps(&self) -> Verdict<Self::Kept, No>;
}

impl<R> ReturnsAnything<R> for Probe<R> {
    type Kept = R;

    fn return_codec(&self) -> ReturnCodec<R> {
        refusing_codec()
    }

    fn keeps(&self) -> Verdict<R, No> {
        Verdict::new()
    }
}

/// The codec of what is never kept.
pub fn refusing_codec<R>() -> ReturnCodec<R> {
    (|_, _| Err(not_kept::<R>()), |_| Err(not_kept::<R>()))
}

fn ok<T, E>(value: &Result<T, E>) -> Result<&T, Error> {
    value.as_ref().map_err(|_| Error::new(ErrorKind::Serialization, "an error is never kept"))
}

fn not_kept<R>() -> Error {
    let name = type_name::<R>();
    Error::new(ErrorKind::Serialization, format!("`{name}` is not known to be `Serialize` and `DeserializeOwned`"))
        .with_hint("derive both for the type, or set `persist_result = false` on the task")
}
