//! One file that has the name of a key: a record, what is left of one, or something else.

use bytes::Bytes;
use keepwell_core::ErrorKind;
use keepwell_core::clock::Timestamp;
use keepwell_core::key::CacheKey;
use keepwell_core::record::{
    DECISION_LIMIT, Decision, DecisionState, Head, HeadObject, Intent, Place, Provenance, RecordFault, StoreId,
    inspect_head,
};
use keepwell_core::storage::{FileSystemStorage, Object, ObjectName, ResultStorage, SMALL_OBJECT_LIMIT, StorageFault};

use crate::prefix::Keyed;

/// The bytes that every record begins with (`docs/record-format.md`).
const MAGIC_LENGTH: u64 = 8;

/// One file that has the name of a key.
pub(super) struct Entry {
    pub(super) key: CacheKey,
    /// What it takes on the disk in bytes: the file and its blob, if it has one that is there.
    pub(super) size: u64,
    /// What of that is its blob's.
    pub(super) blob_length: u64,
    /// When the record was written; of what is no record, when the file was.
    pub(super) created: Timestamp,
    pub(super) head: Option<Head>,
    pub(super) provenance: Provenance,
    pub(super) condition: Condition,
}

/// Whether a file is a record that counts, and why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Whole,
    Expired,
    PayloadMissing,
    OfAnotherStore,
    Damaged(String),
    Newer(String),
    /// A plain result, or somebody else's file.
    NotARecord,
    /// No record, but a run that is making one has claimed the key, or intends to put one there.
    Awaited,
    /// The file system would not let us look.
    Unreadable(String),
}

impl Condition {
    /// A word for a table; empty for a record that counts.
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::Whole => "",
            Self::Expired => "expired",
            Self::PayloadMissing => "payload missing",
            Self::OfAnotherStore => "of another store",
            Self::Damaged(_) => "damaged",
            Self::Newer(_) => "newer version",
            Self::NotARecord => "not a record",
            Self::Awaited => "awaited",
            Self::Unreadable(_) => "unreadable",
        }
    }

    /// What there is to say beside the label.
    pub(super) fn detail(&self) -> Option<&str> {
        match self {
            Self::Damaged(detail) | Self::Newer(detail) | Self::Unreadable(detail) => Some(detail),
            Self::Whole
            | Self::Expired
            | Self::PayloadMissing
            | Self::OfAnotherStore
            | Self::NotARecord
            | Self::Awaited => None,
        }
    }

    /// Whether keepwell wrote the file under this name.
    pub(super) fn is_a_record(&self) -> bool {
        match self {
            Self::NotARecord | Self::Awaited | Self::Unreadable(_) => false,
            Self::Whole
            | Self::Expired
            | Self::PayloadMissing
            | Self::OfAnotherStore
            | Self::Damaged(_)
            | Self::Newer(_) => true,
        }
    }
}

impl Keyed for Entry {
    const LISTED_BY: &'static str = "`keepwell cache ls` lists the records";

    fn key(&self) -> &CacheKey {
        &self.key
    }
}

impl Entry {
    /// Reads the head of `key`, and no payload; `None` if it has gone meanwhile.
    pub(super) fn read(
        storage: &FileSystemStorage,
        key: CacheKey,
        store: Option<StoreId>,
        now: Timestamp,
    ) -> Option<Self> {
        let name = ObjectName::Head(key.clone());
        let object = match storage.get(&name, SMALL_OBJECT_LIMIT) {
            Ok(found) => found?,
            Err(fault) => return Some(Self::unread(storage, key, fault)),
        };
        let created = modified(&object);
        let length = object.bytes.len() as u64;
        let head = match counting(storage, &object.bytes) {
            Ok(Some(record)) => inspect_head(&record),
            Ok(None) => return Some(Self::headless(key, length, created, Condition::Awaited)),
            Err(fault) => Err(fault),
        };
        match head {
            Err(fault) => Some(Self::headless(key, length, created, condition_of(&fault, length))),
            Ok(head) => {
                let blob = blob_length(storage, &head);
                let condition = condition(&key, &head, blob, store, now);
                let provenance = head.metadata.provenance.decode().unwrap_or_default();
                let (blob_length, created) = (blob.unwrap_or(0), head.metadata.created);
                let size = length + blob_length;
                Some(Self { key, size, blob_length, created, head: Some(head), provenance, condition })
            }
        }
    }

    fn headless(key: CacheKey, size: u64, created: Timestamp, condition: Condition) -> Self {
        Self { key, size, blob_length: 0, created, head: None, provenance: Provenance::default(), condition }
    }

    fn unread(storage: &FileSystemStorage, key: CacheKey, fault: StorageFault) -> Self {
        let condition = match fault {
            StorageFault::Unavailable(error) if error.kind() == ErrorKind::Corrupt => Condition::NotARecord,
            StorageFault::Unavailable(error) | StorageFault::Unknown(error) => Condition::Unreadable(error.report()),
            StorageFault::Precondition => Condition::Unreadable("it was changed meanwhile".to_owned()),
        };
        let file = storage.identity(&ObjectName::Head(key.clone())).ok().flatten();
        let created = file.map_or(0, |file| file.modified);
        Self::headless(key, file.map_or(0, |file| file.size), milliseconds(created), condition)
    }
}

/// The head of the record that counts: what stands at the key, or what a transaction has committed to put there; `None` where
/// there is none yet.
fn counting(storage: &FileSystemStorage, bytes: &Bytes) -> Result<Option<Bytes>, RecordFault> {
    let head = HeadObject::inspect(bytes)?;
    let committed = head.intent().filter(|intent| is_committed(storage, intent));
    Ok(committed.map(|intent| &intent.pending).or_else(|| head.current()).cloned())
}

fn is_committed(storage: &FileSystemStorage, intent: &Intent) -> bool {
    // What cannot be read here, or is decided elsewhere, counts as not committed.
    let found = storage.get(&ObjectName::Decision(intent.transaction), DECISION_LIMIT).ok().flatten();
    let decision = found.and_then(|object| Decision::decode(&object.bytes).ok());
    decision.is_some_and(|decision| decision.state == DecisionState::Committed)
}

fn condition(key: &CacheKey, head: &Head, blob: Option<u64>, store: Option<StoreId>, now: Timestamp) -> Condition {
    if head.metadata.key != *key {
        Condition::Damaged("it is a record of another key".to_owned())
    } else if Some(head.metadata.store) != store {
        Condition::OfAnotherStore
    } else if !head.metadata.expiration.is_valid_at(now) {
        Condition::Expired
    } else if head.payload.place == Place::Blob && blob.is_none() {
        Condition::PayloadMissing
    } else {
        Condition::Whole
    }
}

/// What is too short to begin as a record does may as well be a small plain result: it is not taken for a damaged record.
fn condition_of(fault: &RecordFault, length: u64) -> Condition {
    match fault {
        RecordFault::Corrupt { what: "magic" } => Condition::NotARecord,
        RecordFault::Corrupt { .. } if length < MAGIC_LENGTH => Condition::NotARecord,
        RecordFault::NewerVersion { .. } | RecordFault::UnknownCritical { .. } => Condition::Newer(fault.to_string()),
        RecordFault::Corrupt { .. }
        | RecordFault::WrongKey
        | RecordFault::WrongStore
        | RecordFault::WrongNamespace
        | RecordFault::Expired { .. }
        | RecordFault::Untrusted(_)
        | RecordFault::Unsupported { .. }
        | RecordFault::TooLarge { .. }
        | RecordFault::Changed => Condition::Damaged(fault.to_string()),
    }
}

fn blob_length(storage: &FileSystemStorage, head: &Head) -> Option<u64> {
    match head.payload.place {
        Place::Blob => Some(storage.identity(&ObjectName::Blob(head.payload.digest)).ok()??.size),
        Place::Inline(_) | Place::Reference => None,
    }
}

fn modified(object: &Object) -> Timestamp {
    milliseconds(object.identity.map_or(0, |file| file.modified))
}

fn milliseconds(nanoseconds: i128) -> Timestamp {
    Timestamp::from_millis(u64::try_from(nanoseconds / 1_000_000).unwrap_or(0))
}
