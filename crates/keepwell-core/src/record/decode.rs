//! From untrusted bytes to a record, in the order that `docs/record-format.md` gives. No user code runs here: turning
//! the payload into a value, with a serializer that the reader allows, is left to the front ends.

use bytes::Bytes;

use super::frame::Frame;
use super::{
    Compression, Distrust, Expiration, Head, Namespace, Place, RecordFault, SerializerName, StoreId, StoredPayload,
    Verifier,
};
use crate::clock::Timestamp;
use crate::key::CacheKey;
use crate::storage::Object;

/// What a reader insists on.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The key that was looked up.
    pub key: &'a CacheKey,
    /// The store that was read.
    pub store: StoreId,
    /// The namespace that is read.
    pub namespace: Namespace,
    /// The time by the store's clock.
    pub now: Timestamp,
    /// Whether the header must be signed.
    pub signature: RequiredSignature<'a>,
    /// The largest payload that is accepted.
    pub limits: Limits,
}

/// Whether a header must be signed.
#[derive(Clone, Copy, Debug, Default)]
pub enum RequiredSignature<'a> {
    /// Signed or not, and by whom, makes no difference.
    #[default]
    NotRequired,
    /// Data is served signed or not; what may run code as it is decoded, only if this verifier trusts it.
    ToRunCode(&'a dyn Verifier),
    /// Only what this verifier trusts is served.
    TrustedBy(&'a dyn Verifier),
}

impl<'a> RequiredSignature<'a> {
    /// Who must trust a record whose payload this serializer made; `None` if nobody need.
    fn verifier_of(self, serializer: &SerializerName) -> Option<&'a dyn Verifier> {
        match self {
            Self::NotRequired => None,
            Self::ToRunCode(verifier) => (!serializer.is_data_only()).then_some(verifier),
            Self::TrustedBy(verifier) => Some(verifier),
        }
    }
}

/// The largest payload that is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In bytes, as stored.
    pub stored_length: u64,
    /// In bytes, once decompressed.
    pub plain_length: u64,
}

impl Default for Limits {
    /// 64 GiB each: more than fits, less than an absurd length in a forged header.
    fn default() -> Self {
        Self { stored_length: 64 << 30, plain_length: 64 << 30 }
    }
}

/// Decodes a head and checks all but the payload. Copies no payload: an inline one is a slice of `bytes`.
///
/// # Errors
/// The first [`RecordFault`] in the documented order; its [`disposition`](RecordFault::disposition) says what becomes of
/// the head.
pub fn decode_head(bytes: &Bytes, expected: &Expected<'_>) -> Result<Head, RecordFault> {
    let frame = Frame::read(bytes)?;
    frame.check_key(expected.key)?;
    check_scope(&frame, expected)?;
    check_expiration(&frame, expected.now)?;
    check_signature(&frame, expected.signature)?;
    check_limits(&frame, expected.limits)?;
    Ok(frame.into_head(expected.key.clone()))
}

/// Decodes a head of any key, store and namespace, expired or not, and ignores its signature: to list and to explain,
/// never to serve.
///
/// # Errors
/// [`RecordFault::Corrupt`], [`RecordFault::NewerVersion`] or [`RecordFault::UnknownCritical`].
pub fn inspect_head(bytes: &Bytes) -> Result<Head, RecordFault> {
    let frame = Frame::read(bytes)?;
    let key = frame.key()?;
    Ok(frame.into_head(key))
}

/// The plain payload that `head` describes, out of its stored bytes: the inline ones, the blob, or the plain result in
/// the result storage. Returns `stored` itself where it is not compressed.
///
/// # Errors
/// [`RecordFault::Corrupt`] if the bytes are not those that were written, [`RecordFault::Changed`] if a plain result is
/// not, [`RecordFault::Unsupported`] if this build lacks the compression. The disposition is that of the object which
/// held `stored`.
pub fn open_payload(head: &Head, stored: Bytes) -> Result<Bytes, RecordFault> {
    open_object(head, &Object::of(stored))
}

/// [`open_payload`] of a whole object.
///
/// # Errors
/// As [`open_payload`].
pub(crate) fn open_object(head: &Head, stored: &Object) -> Result<Bytes, RecordFault> {
    let StoredPayload { place, compression, stored_length, plain_length, digest } = &head.payload;
    if stored.bytes.len() as u64 != *stored_length {
        return Err(mismatch(place, "payload length"));
    }
    if stored.digest() != *digest {
        return Err(mismatch(place, "payload"));
    }
    let stored = stored.bytes.clone();
    if *compression == Compression::None {
        return Ok(stored);
    }
    let ceiling = usize::try_from(*plain_length).map_err(|_| RecordFault::Unsupported { what: "64-bit addresses" })?;
    compression.decompress(&stored, ceiling).map(Bytes::from)
}

fn mismatch(place: &Place, what: &'static str) -> RecordFault {
    match place {
        Place::Inline(_) | Place::Blob => RecordFault::Corrupt { what },
        // A plain result is its owner's to edit.
        Place::Reference => RecordFault::Changed,
    }
}

fn check_scope(frame: &Frame<'_>, expected: &Expected<'_>) -> Result<(), RecordFault> {
    if frame.header.store != expected.store {
        return Err(RecordFault::WrongStore);
    }
    if frame.header.namespace != expected.namespace {
        return Err(RecordFault::WrongNamespace);
    }
    Ok(())
}

fn check_expiration(frame: &Frame<'_>, now: Timestamp) -> Result<(), RecordFault> {
    match frame.header.expiration {
        Expiration::At(at) if !frame.header.expiration.is_valid_at(now) => Err(RecordFault::Expired { at }),
        Expiration::At(_) | Expiration::Never => Ok(()),
    }
}

fn check_signature(frame: &Frame<'_>, required: RequiredSignature<'_>) -> Result<(), RecordFault> {
    let Some(verifier) = required.verifier_of(&frame.header.serializer) else { return Ok(()) };
    let (Some(id), Some(signature)) = (frame.header.signature, frame.signature()) else {
        return Err(RecordFault::Untrusted(Distrust::Unsigned));
    };
    if !verifier.trusts(id) {
        return Err(RecordFault::Untrusted(Distrust::UnknownKey(id.key)));
    }
    if !verifier.verify(id, frame.signed_bytes(), signature) {
        return Err(RecordFault::Untrusted(Distrust::Mismatch));
    }
    Ok(())
}

fn check_limits(frame: &Frame<'_>, limits: Limits) -> Result<(), RecordFault> {
    let lengths =
        [(frame.header.stored_length, limits.stored_length), (frame.header.plain_length, limits.plain_length)];
    match lengths.into_iter().find(|(length, limit)| length > limit) {
        Some((length, limit)) => Err(RecordFault::TooLarge { length, limit }),
        None => Ok(()),
    }
}
