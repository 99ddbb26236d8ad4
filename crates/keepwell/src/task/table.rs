//! What the attribute knows of a function's types, as plain function pointers.

use std::fmt;

use keepwell_core::Error;
use keepwell_core::policy::KeyBuilder;
use keepwell_core::record::{EncodedValue, SerializerName};

use super::Parameters;

/// What can be done with the arguments `A` and the return value `R` of one function. Made by `#[task]` and `#[flow]`.
pub struct CallTable<A, R> {
    /// Gives each argument to the key.
    pub inputs: fn(&A, &mut KeyBuilder<'_>),
    /// The arguments by name, for key functions.
    pub parameters: for<'a> fn(&'a A) -> Parameters<'a>,
    /// The run's name, where it is made from the arguments.
    pub run_name: Option<fn(&A) -> String>,
    /// Whether each of the arguments can be cloned.
    pub are_clonable: fn(&A) -> bool,
    /// A copy of the arguments, if each of them can be cloned.
    pub try_clone: fn(&A) -> Option<A>,
    /// What can be done with the return value.
    pub returned: ReturnTable<R>,
}

/// What can be done with a return value of type `R`. For a `Result`, it is the `Ok` value that is encoded and decoded.
pub struct ReturnTable<R> {
    /// The error in words, if the value is one.
    pub failure: fn(&R) -> Option<String>,
    /// The value as bytes.
    pub encode: fn(&R, &SerializerName) -> Result<EncodedValue, Error>,
    /// The value that the bytes are of.
    pub decode: fn(&EncodedValue) -> Result<R, Error>,
    /// The engine's error as the function's own, if it has room for one.
    pub refuse: fn(Error) -> Result<R, Error>,
}

// Derived implementations would ask the same of `A` and `R`, of which only function pointers are kept.
impl<A, R> Clone for CallTable<A, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A, R> Copy for CallTable<A, R> {}

impl<R> Clone for ReturnTable<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for ReturnTable<R> {}

impl<A, R> fmt::Debug for CallTable<A, R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CallTable")
    }
}

impl<R> fmt::Debug for ReturnTable<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ReturnTable")
    }
}
