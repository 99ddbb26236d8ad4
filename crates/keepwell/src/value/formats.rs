//! Results as bytes, by the serializer that the task names.
//!
//! `auto` and `cbor` are this module's parent; `json` is JSON (RFC 8259). `compressed/` in front of a name means that
//! the store compresses the bytes: the name of the serializer is what follows.

use keepwell_core::record::{EncodedValue, SerializerName};
use keepwell_core::{Error, ErrorKind};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::NumberBuffer;
use super::numbers::{read_numbers, write_numbers};
use super::{from_slice, to_vec};

/// A serializer that Rust has.
enum Format {
    Cbor,
    Json,
}

/// The serializer of a name, and the name without what concerns the store.
fn format(serializer: &SerializerName) -> Result<(Format, SerializerName), Error> {
    match serializer.plain() {
        "auto" | "cbor" => Ok((Format::Cbor, SerializerName::CBOR)),
        "json" => Ok((Format::Json, SerializerName::JSON)),
        other => Err(Error::new(ErrorKind::Serialization, format!("there is no serializer `{other}` in Rust"))
            .with_hint("use `cbor` or `json`, with `compressed/` in front if you like")),
    }
}

/// The value as bytes.
///
/// # Errors
/// [`ErrorKind::Serialization`] if there is no such serializer, or the value's own `Serialize` fails.
pub fn encode<T: Serialize + ?Sized>(value: &T, serializer: &SerializerName) -> Result<EncodedValue, Error> {
    let (format, serializer) = format(serializer)?;
    let payload = match format {
        Format::Cbor => to_vec(value)?,
        Format::Json => serde_json::to_vec(value).map_err(|error| json_error("serialize", error))?,
    };
    Ok(EncodedValue { serializer, payload: payload.into() })
}

/// [`encode`] for numbers side by side, without a look at each.
///
/// # Errors
/// As [`encode`].
pub fn encode_numbers<T>(value: &T, serializer: &SerializerName) -> Result<EncodedValue, Error>
where
    T: NumberBuffer + Serialize,
{
    match format(serializer)? {
        (Format::Json, _) => encode(value, serializer),
        (Format::Cbor, serializer) => {
            let mut payload = Vec::with_capacity(size_of_val(value.numbers()) + 16);
            write_numbers(value, &mut payload);
            Ok(EncodedValue { serializer, payload: payload.into() })
        }
    }
}

/// The value of these bytes.
///
/// # Errors
/// [`ErrorKind::Serialization`] if there is no such serializer here, or the bytes hold another type.
pub fn decode<T: DeserializeOwned>(value: &EncodedValue) -> Result<T, Error> {
    match format(&value.serializer)? {
        (Format::Cbor, _) => from_slice(&value.payload),
        (Format::Json, _) => serde_json::from_slice(&value.payload).map_err(|error| json_error("deserialize", error)),
    }
}

/// [`decode`] for numbers side by side.
///
/// # Errors
/// As [`decode`].
pub fn decode_numbers<T>(value: &EncodedValue) -> Result<T, Error>
where
    T: NumberBuffer,
    T::Number: DeserializeOwned,
{
    match format(&value.serializer)? {
        (Format::Cbor, _) => read_numbers(&value.payload),
        (Format::Json, _) => {
            let numbers = serde_json::from_slice(&value.payload).map_err(|error| json_error("deserialize", error))?;
            T::from_numbers(numbers).map_err(|_| Error::new(ErrorKind::Serialization, "the result has another length"))
        }
    }
}

fn json_error(what: &str, error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Serialization, format!("cannot {what} the result as JSON")).with_source(error)
}
