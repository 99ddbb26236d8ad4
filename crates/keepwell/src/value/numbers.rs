//! Numbers side by side in memory, which are written and read whole.

use std::sync::Arc;

use keepwell_core::Error;
use keepwell_core::cbor::{Decoder, Encoder, Number, Sink};
use serde::de::DeserializeOwned;

use super::from_slice;

/// What is a slice of numbers, seen through any references.
pub trait NumberSlice {
    /// The type of number.
    type Number: Number;

    /// The numbers.
    fn numbers(&self) -> &[Self::Number];
}

/// What can be made from numbers again.
pub trait NumberBuffer: NumberSlice + Sized {
    /// The value that holds these numbers, or them if they are too many or too few.
    ///
    /// # Errors
    /// The numbers as they were given.
    fn from_numbers(numbers: Vec<Self::Number>) -> Result<Self, Vec<Self::Number>>;
}

impl<N: Number> NumberSlice for [N] {
    type Number = N;

    fn numbers(&self) -> &[N] {
        self
    }
}

impl<N: Number, const LENGTH: usize> NumberSlice for [N; LENGTH] {
    type Number = N;

    fn numbers(&self) -> &[N] {
        self
    }
}

impl<N: Number> NumberSlice for Vec<N> {
    type Number = N;

    fn numbers(&self) -> &[N] {
        self
    }
}

macro_rules! pointers {
    ($($pointer:ty)*) => { $(
        impl<S: NumberSlice + ?Sized> NumberSlice for $pointer {
            type Number = S::Number;

            fn numbers(&self) -> &[S::Number] {
                (**self).numbers()
            }
        }
    )* };
}

pointers! { &S &mut S Box<S> Arc<S> }

impl<N: Number> NumberBuffer for Vec<N> {
    fn from_numbers(numbers: Vec<N>) -> Result<Self, Vec<N>> {
        Ok(numbers)
    }
}

impl<N: Number, const LENGTH: usize> NumberBuffer for [N; LENGTH] {
    fn from_numbers(numbers: Vec<N>) -> Result<Self, Vec<N>> {
        numbers.try_into()
    }
}

impl<N: Number> NumberBuffer for Box<[N]> {
    fn from_numbers(numbers: Vec<N>) -> Result<Self, Vec<N>> {
        Ok(numbers.into())
    }
}

impl<N: Number> NumberBuffer for Arc<[N]> {
    fn from_numbers(numbers: Vec<N>) -> Result<Self, Vec<N>> {
        Ok(numbers.into())
    }
}

/// Writes the numbers as one typed array, the same in keys and values.
pub(super) fn write_numbers<T: NumberSlice + ?Sized>(value: &T, sink: &mut dyn Sink) {
    Encoder::new(sink).numbers(value.numbers());
}

/// The numbers that these bytes hold, written as a typed array or one by one.
pub(super) fn read_numbers<T>(bytes: &[u8]) -> Result<T, Error>
where
    T: NumberBuffer,
    T::Number: DeserializeOwned,
{
    let mut decoder = Decoder::new(bytes);
    let numbers = match decoder.numbers() {
        Ok(numbers) => {
            decoder.finish()?;
            numbers
        }
        Err(_) => from_slice(bytes)?,
    };
    T::from_numbers(numbers).map_err(|numbers| {
        let message = format!("cannot deserialize `result`: {} numbers are not as many as the type has", numbers.len());
        Error::new(keepwell_core::ErrorKind::Serialization, message)
    })
}
