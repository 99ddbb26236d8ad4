//! Envelopes: heads that hold more than a record (`docs/record-format.md`, "Envelopes").
//!
//! An envelope says who has claimed the key, or what a transaction intends to put there, around the record that counts. The
//! records in it are whole heads, byte for byte as their writers made them, so nobody signs what another has written.

use bytes::Bytes;

use super::fields::Fields;
use super::frame::checked_header;
use super::header::{CHECKSUM_LENGTH, Header, Location, PREFIX_LENGTH};
use super::tlv::{self, Entries};
use super::{Claim, Compression, Expiration, HEAD_LIMIT, Namespace, RecordFault, SerializerName, StoreId, header};
use crate::clock::Timestamp;
use crate::id::{TransactionId, WriteId};
use crate::key::{CacheKey, Digest};
use crate::storage::Durability;

/// The entry that every envelope has: lengths of the heads in it, and where the decision is.
const CONTENTS: u16 = tlv::CRITICAL | 1;

/// The longest location of a coordinator in bytes.
pub const LOCATION_LIMIT: usize = 2048;

/// A head that holds more than a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The key at whose name it is.
    pub key: CacheKey,
    /// The store that it was written to.
    pub store: StoreId,
    /// The claim on the key. One that was given back has no nonce; there has been none at all if it is the default.
    pub claim: Claim,
    /// What tells this write from every other.
    pub write: WriteId,
    /// When it was written, by the writer's clock.
    pub created: Timestamp,
    /// The head of the record that counts, if there is one.
    pub current: Option<Bytes>,
    /// What a transaction intends.
    pub intent: Option<Intent>,
}

/// What a transaction intends to put under a key, not yet decided, or decided and not yet applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The transaction.
    pub transaction: TransactionId,
    /// The storage that holds the decision.
    pub coordinator: Coordinator,
    /// The head of the record that counts if the transaction is committed.
    pub pending: Bytes,
}

/// The storage that holds a transaction's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coordinator {
    /// Which it is.
    pub store: StoreId,
    /// Where it is: a path, a URL. At most [`LOCATION_LIMIT`] bytes.
    pub location: String,
}

/// What is at a key's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeadObject {
    /// A record's head: these bytes, not looked at but for what kind they are.
    Record(Bytes),
    /// An envelope.
    Envelope(Envelope),
}

impl HeadObject {
    /// Tells a record from an envelope. The envelope is checked, and so is that it is of `key`; a record is not: see
    /// [`decode_head`](super::decode_head).
    ///
    /// # Errors
    /// The [`RecordFault`] of an envelope that cannot be used.
    pub fn read(bytes: &Bytes, key: &CacheKey) -> Result<Self, RecordFault> {
        match Self::inspect(bytes)? {
            Self::Envelope(envelope) if envelope.key != *key => Err(RecordFault::WrongKey),
            object => Ok(object),
        }
    }

    /// [`read`](Self::read) where no key is expected.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn inspect(bytes: &Bytes) -> Result<Self, RecordFault> {
        if bytes.get(PREFIX_LENGTH) != Some(&(Location::Nowhere as u8)) {
            return Ok(Self::Record(bytes.clone()));
        }
        read(bytes).map(Self::Envelope)
    }

    /// The heads of all records in it: the one that counts, and the one that is intended.
    pub fn records(&self) -> impl Iterator<Item = &Bytes> {
        self.current().into_iter().chain(self.intent().map(|intent| &intent.pending))
    }

    /// What a transaction intends, if one does.
    pub fn intent(&self) -> Option<&Intent> {
        match self {
            Self::Record(_) => None,
            Self::Envelope(envelope) => envelope.intent.as_ref(),
        }
    }

    /// The head of the record that counts as long as no intent is committed.
    pub fn current(&self) -> Option<&Bytes> {
        match self {
            Self::Record(bytes) => Some(bytes),
            Self::Envelope(envelope) => envelope.current.as_ref(),
        }
    }
}

impl Claim {
    /// Whether somebody has the claim now. A record's own claim is spent; this is to be asked of an envelope's.
    pub fn is_standing(&self) -> bool {
        self.nonce != [0; 16]
    }

    /// The next claim on a key whose last one this is.
    #[must_use]
    pub fn next(&self) -> Self {
        Self { epoch: self.epoch.saturating_add(1), nonce: WriteId::new().to_bytes() }
    }

    /// What is left of the claim when its holder has given it back: nobody's, and unlike every other.
    #[must_use]
    pub fn given_back(&self) -> Self {
        Self { epoch: self.epoch, nonce: [0; 16] }
    }
}

impl Envelope {
    /// The envelope as bytes.
    pub fn encode(&self) -> Bytes {
        let (header, area) = (self.header(), self.contents());
        let key = self.key.as_str().as_bytes();
        let mut bytes = Vec::with_capacity(header::length(&header.serializer, &area) + key.len());
        header.write(&mut bytes, &area);
        bytes.extend_from_slice(key);
        let pending = self.intent.as_ref().map(|intent| &intent.pending);
        for head in [self.current.as_ref(), pending].into_iter().flatten() {
            bytes.extend_from_slice(head);
        }
        bytes.into()
    }

    fn header(&self) -> Header {
        Header {
            location: Location::Nowhere,
            durability: Durability::None,
            compression: Compression::None,
            signature: None,
            key_digest: self.key.digest(),
            store: self.store,
            namespace: Namespace::DEFAULT,
            generation: 0,
            claim: self.claim,
            transaction: self.intent.as_ref().map_or(NO_TRANSACTION, |intent| intent.transaction),
            write: self.write,
            created: self.created,
            expiration: Expiration::Never,
            stored_length: 0,
            plain_length: 0,
            payload_digest: Digest::from_bytes([0; 32]),
            key_length: u32::try_from(self.key.as_str().len()).expect("a key is at most 64 KiB"),
            serializer: SerializerName::NONE,
        }
    }

    fn contents(&self) -> Vec<u8> {
        let length = |head: Option<&Bytes>| {
            let length = head.map_or(0, Bytes::len);
            u32::try_from(length).expect("a head has at most 256 KiB").to_le_bytes()
        };
        let intent = self.intent.as_ref();
        let (store, location) = intent.map_or(([0; 16], ""), |intent| {
            (*intent.coordinator.store.as_bytes(), intent.coordinator.location.as_str())
        });
        let pending = intent.map(|intent| &intent.pending);
        let value = [&length(self.current.as_ref())[..], &length(pending), &store, location.as_bytes()];
        let mut area = Vec::new();
        let fits = tlv::append(&mut area, header::PROVENANCE_LIMIT, CONTENTS, &value);
        assert!(fits, "a location has at most {LOCATION_LIMIT} bytes");
        area
    }
}

const NO_TRANSACTION: TransactionId = TransactionId::from_bytes([0; 16]);

fn read(bytes: &Bytes) -> Result<Envelope, RecordFault> {
    const CORRUPT: RecordFault = RecordFault::Corrupt { what: "length" };
    if bytes.len() > HEAD_LIMIT {
        return Err(RecordFault::Corrupt { what: "size" });
    }
    let covered = checked_header(bytes)?;
    let mut fields = Fields::new(covered.get(PREFIX_LENGTH..).unwrap_or_default(), "header");
    let header = Header::read(&mut fields)?;
    let contents = Contents::read(fields.rest())?;
    let body = bytes.slice(covered.len() + CHECKSUM_LENGTH..);
    let key_length = usize::try_from(header.key_length).map_err(|_| CORRUPT)?;
    if key_length.checked_add(contents.current).and_then(|sum| sum.checked_add(contents.pending)) != Some(body.len()) {
        return Err(CORRUPT);
    }
    let key = read_key(&header, &body[..key_length])?;
    let head = |start: usize, length: usize| (length > 0).then(|| body.slice(start..start + length));
    let pending = head(key_length + contents.current, contents.pending);
    let coordinator = contents.coordinator;
    Ok(Envelope {
        key,
        store: header.store,
        claim: header.claim,
        write: header.write,
        created: header.created,
        current: head(key_length, contents.current),
        intent: pending.map(|pending| Intent { transaction: header.transaction, coordinator, pending }),
    })
}

fn read_key(header: &Header, text: &[u8]) -> Result<CacheKey, RecordFault> {
    let key = str::from_utf8(text).ok().and_then(|text| CacheKey::new(text).ok());
    key.filter(|_| header.key_digest == Digest::of(text)).ok_or(RecordFault::Corrupt { what: "key" })
}

/// What the one entry of an envelope says.
struct Contents {
    current: usize,
    pending: usize,
    coordinator: Coordinator,
}

impl Contents {
    fn read(area: &[u8]) -> Result<Self, RecordFault> {
        let mut contents = None;
        for entry in Entries::new(area) {
            match entry? {
                (CONTENTS, value) => contents = Some(Self::parse(value)?),
                (tag, _) if tag & tlv::CRITICAL != 0 => {
                    return Err(RecordFault::UnknownCritical { field: "tag", value: tag });
                }
                _ => {}
            }
        }
        contents.ok_or(RecordFault::Corrupt { what: "contents" })
    }

    fn parse(value: &[u8]) -> Result<Self, RecordFault> {
        const CORRUPT: RecordFault = RecordFault::Corrupt { what: "contents" };
        let mut fields = Fields::new(value, "contents");
        let length = |number: u32| usize::try_from(number).map_err(|_| CORRUPT);
        let (current, pending) = (length(fields.u32()?)?, length(fields.u32()?)?);
        let store = StoreId::from_bytes(fields.array()?);
        let location = str::from_utf8(fields.rest()).map_err(|_| CORRUPT)?.to_owned();
        Ok(Self { current, pending, coordinator: Coordinator { store, location } })
    }
}
