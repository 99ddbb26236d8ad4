//! placeholder
use crate::clock::Timestamp;
use bytes::Bytes;
use std::sync::Arc;
#[derive(Clone, Debug)]
pub struct EncodedValue {
    pub serializer: SerializerName,
    pub payload: Bytes,
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SerializerName(pub Arc<str>);
impl SerializerName {
    pub fn cbor() -> Self {
        Self("cbor".into())
    }
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiration {
    Never,
    At(Timestamp),
}
#[derive(Clone, Debug, Default)]
pub struct Provenance {}
#[derive(Clone, Debug)]
pub struct ResultRecord {
    pub value: EncodedValue,
}
impl ResultRecord {
    pub fn value(&self) -> EncodedValue {
        self.value.clone()
    }
}
