//! The ways in: a value to bytes, bytes to a value, a value into a key.

use keepwell_core::cbor::{Decoder, Sink};
use keepwell_core::{Error, ErrorKind};
use serde::{Deserialize, Serialize};

use super::deserializer::Deserializer;
use super::failure::Failure;
use super::serializer::{Mode, write};

/// The bytes that a value is kept as.
///
/// # Errors
/// [`ErrorKind::Serialization`] naming the place in the value, if its own `Serialize` fails.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    write(value, &mut bytes, Mode::Value, 0)
        .map_err(|failure| failure.into_error(ErrorKind::Serialization, "serialize", "result"))?;
    Ok(bytes)
}

/// The value that these bytes hold. Texts and byte strings can be borrowed from them.
///
/// # Errors
/// [`ErrorKind::Serialization`] naming the place in the value, if the bytes are malformed or hold another type.
pub fn from_slice<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, Error> {
    read(bytes).map_err(|failure| failure.into_error(ErrorKind::Serialization, "deserialize", "result"))
}

/// Writes a value into a key; `path` is what errors call it, such as `parameters.x`.
///
/// Equal values write equal bytes in any process, unequal ones unequal bytes, whatever the iteration order of maps and
/// of the standard library's sets.
///
/// # Errors
/// [`ErrorKind::Key`] naming the place in the value, if its own `Serialize` fails. Part of it has been written then.
pub fn write_key<T: Serialize + ?Sized>(value: &T, path: &str, sink: &mut dyn Sink) -> Result<(), Error> {
    write(value, sink, Mode::Key, 0).map_err(|failure| failure.into_error(ErrorKind::Key, "hash", path))
}

/// [`write_key`] for the argument of this name; the path is put together only for an error.
pub(super) fn write_argument<T: Serialize + ?Sized>(value: &T, name: &str, sink: &mut dyn Sink) -> Result<(), Error> {
    write(value, sink, Mode::Key, 0)
        .map_err(|failure| failure.into_error(ErrorKind::Key, "hash", &format!("parameters.{name}")))
}

fn read<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, Failure> {
    let mut decoder = Decoder::new(bytes);
    let value = T::deserialize(Deserializer::new(&mut decoder))?;
    decoder.finish()?;
    Ok(value)
}
