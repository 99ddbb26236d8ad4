//! What a return type can do, found out while compiling. For the attributes alone.
//!
//! An attribute sees the name of a type and not what the type implements. The choice is made by method resolution, as in
//! [`value::dispatch`](crate::value::dispatch): of several methods of one name the compiler takes the one that needs the
//! fewest references taken off, among those whose bounds hold.

use std::any::type_name;
use std::fmt::{Debug, Display};

use bytes::Bytes;
use keepwell_core::record::{EncodedValue, SerializerName};
use keepwell_core::{Error, ErrorKind};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::value::dispatch::{Codec, CodecByNothing, CodecByNumbers, CodecBySerialize, Probe};
use crate::value::{NumberBuffer, formats};

/// How a return value becomes bytes and comes back.
#[derive(Clone, Copy, Debug)]
pub struct ReturnCodec<R> {
    /// See [`ReturnTable::encode`](super::ReturnTable::encode).
    pub encode: fn(&R, &SerializerName) -> Result<EncodedValue, Error>,
    /// See [`ReturnTable::decode`](super::ReturnTable::decode).
    pub decode: fn(&EncodedValue) -> Result<R, Error>,
}
