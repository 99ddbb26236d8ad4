//! From a record to bytes: compress, place, sign.

use std::borrow::Cow;

use bytes::Bytes;

use super::header::{self, Header};
use super::{Compression, Place, ResultRecord, ResultRecordMetadata, SIGNATURE_LENGTH, Signer, StoredPayload};
use crate::key::Digest;
use crate::{Error, ErrorKind};

/// The longest stored payload that sits in the head, in bytes.
pub const INLINE_LIMIT: usize = 16 * 1024;

/// The longest key in bytes.
pub const KEY_LIMIT: usize = 64 * 1024;

/// How a record is to be written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Encoding<'a> {
    /// How to compress the payload, where that helps. A payload that is only referred to is not compressed.
    pub compression: Compression,
    /// Where the payload goes.
    pub placement: Placement,
    /// Who signs the header, if anyone.
    pub signer: Option<&'a dyn Signer>,
}

/// Where a payload goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Placement {
    /// Into the head if it is small, else into a blob.
    #[default]
    WithHead,
    /// Into another storage, under the record's own key and as it is. The head only says what is to be found there;
    /// writing it is left to the caller.
    Elsewhere,
}

/// A record as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The object at the cache key's own name.
    pub head: Bytes,
    /// The large payload and its name; to be written before the head.
    pub blob: Option<(Digest, Bytes)>,
}

/// Encodes a record.
///
/// # Errors
/// [`ErrorKind::Key`] if the key is longer than [`KEY_LIMIT`]; [`ErrorKind::Unsupported`] if this build lacks the
/// compression; [`ErrorKind::Serialization`] if compression fails.
pub fn encode(record: &ResultRecord, encoding: &Encoding<'_>) -> Result<Encoded, Error> {
    check_key_length(&record.metadata)?;
    let (compression, stored) = match encoding.placement {
        Placement::WithHead => compress(&record.payload, encoding.compression)?,
        Placement::Elsewhere => (Compression::None, record.payload.clone()),
    };
    let place = match encoding.placement {
        Placement::Elsewhere => Place::Reference,
        Placement::WithHead if stored.len() <= INLINE_LIMIT => Place::Inline(stored.clone()),
        Placement::WithHead => Place::Blob,
    };
    let payload = StoredPayload {
        compression,
        stored_length: stored.len() as u64,
        plain_length: record.payload.len() as u64,
        digest: Digest::of(&stored),
        place,
    };
    let head = encode_head(&record.metadata, &payload, encoding.signer);
    let blob = (payload.place == Place::Blob).then_some((payload.digest, stored));
    Ok(Encoded { head, blob })
}

fn check_key_length(metadata: &ResultRecordMetadata) -> Result<(), Error> {
    let length = metadata.key.as_str().len();
    if length <= KEY_LIMIT {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Key, format!("a cache key of {length} bytes is longer than {KEY_LIMIT}"))
        .with_hint("return a digest of the text from the key function"))
}

fn compress(plain: &Bytes, compression: Compression) -> Result<(Compression, Bytes), Error> {
    let (applied, stored) = compression.compress(plain)?;
    let stored = match stored {
        Cow::Borrowed(_) => plain.clone(),
        Cow::Owned(stored) => stored.into(),
    };
    Ok((applied, stored))
}

/// Header, signature, key text, inline payload.
fn encode_head(metadata: &ResultRecordMetadata, payload: &StoredPayload, signer: Option<&dyn Signer>) -> Bytes {
    let key = metadata.key.as_str().as_bytes();
    let inline: &[u8] = match &payload.place {
        Place::Inline(stored) => stored,
        Place::Blob | Place::Reference => &[],
    };
    let signature_length = if signer.is_some() { SIGNATURE_LENGTH } else { 0 };
    let area = metadata.provenance.as_bytes();
    let length = header::length(&metadata.serializer, area) + signature_length + key.len() + inline.len();
    let mut head = Vec::with_capacity(length);
    Header::of_record(metadata, payload, signer.map(Signer::id)).write(&mut head, area);
    if let Some(signer) = signer {
        let signature = signer.sign(&head);
        head.extend_from_slice(&signature);
    }
    head.extend_from_slice(key);
    head.extend_from_slice(inline);
    head.into()
}
