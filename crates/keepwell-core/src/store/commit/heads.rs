//! Heads as writers see them: what stands at a key, and writing something else there if it still stands.

use std::sync::Arc;

use bytes::Bytes;

use crate::id::{TransactionId, WriteId};
use crate::key::CacheKey;
use crate::mistake::{self, Mistake};
use crate::record::{Claim, Disposition, Envelope, HeadObject, Intent, RecordFault, StoreId, inspect_head};
use crate::storage::{Durability, ObjectName, ResultStorage, SMALL_OBJECT_LIMIT, StorageFault};
use crate::store::ResultStore;
use crate::store::fetch::{Fetched, failure};
use crate::{Error, ErrorKind};

/// How often a write whose reply was lost is sent again. Its condition lets it happen only once.
const RESENDS: u32 = 3;

/// The heads of one storage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heads<'a> {
    pub(super) store: &'a ResultStore,
    pub(super) storage: &'a Arc<dyn ResultStorage>,
    pub(super) id: StoreId,
}

/// What stands at a key.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) fetched: Fetched,
    pub(super) current: Option<Current>,
    /// The envelope's own claim; the default where there is no envelope.
    pub(super) envelope_claim: Claim,
    pub(super) intent: Option<Intent>,
}

/// The record that counts.
#[derive(Debug)]
pub(super) struct Current {
    pub(super) head: Bytes,
    pub(super) generation: u64,
    claim: Claim,
}

/// What came of a conditional write.
#[derive(Debug)]
pub(super) enum Sent {
    /// It is written.
    Done,
    /// Somebody else wrote first; nothing was changed.
    Outrun,
    /// It is not written and never will be.
    Failed(Error),
    /// Nobody can tell.
    Unknown(Error),
}

impl Sent {
    /// Whether somebody, not necessarily this caller, has seen to what was to be written.
    pub(super) fn seen_to(self) -> Result<(), Error> {
        match self {
            Self::Done | Self::Outrun => Ok(()),
            Self::Failed(error) | Self::Unknown(error) => Err(error),
        }
    }
}

impl<'a> Heads<'a> {
    /// The heads of a store, whose storage is made ready to be written to.
    pub(super) fn of(store: &'a ResultStore) -> Result<Self, Error> {
        let storage = store.head_storage();
        let id = store.retrying(|| storage.make())?;
        Ok(Self { store, storage, id })
    }

    /// What stands at the key. What cannot be used counts as nothing, so it may be replaced.
    ///
    /// Fails where a newer version wrote it.
    pub(super) fn read(&self, key: &CacheKey) -> Result<Standing, Error> {
        let fetched = self.store.fetch(&**self.storage, &name_of(key), SMALL_OBJECT_LIMIT)?;
        Standing::new(fetched, key)
    }

    /// Writes `after` if what stands there is still `before`. After a lost reply `is_ours` tells whether it was written.
    pub(super) fn send(
        &self,
        key: &CacheKey,
        before: &Fetched,
        after: &Bytes,
        durability: Durability,
        is_ours: impl Fn(&Standing) -> bool,
    ) -> Sent {
        let name = name_of(key);
        let mut lost = None;
        for _ in 0..=RESENDS {
            match (self.write_if_unchanged(&name, before, after, durability), lost.take()) {
                (Ok(()), _) => return Sent::Done,
                (Err(StorageFault::Unknown(_)), _) if mistake::is_planted(Mistake::LostReplyTakenForDone) => {
                    return Sent::Done;
                }
                (Err(StorageFault::Precondition), None) => return Sent::Outrun,
                (Err(StorageFault::Unavailable(error)), None) => return Sent::Failed(error),
                // An earlier copy may have been faster than this one.
                (Err(StorageFault::Precondition | StorageFault::Unavailable(_)), Some(error))
                | (Err(StorageFault::Unknown(error)), _) => match self.read(key) {
                    Ok(now) if is_ours(&now) => return Sent::Done,
                    // What stops the program is not tried again.
                    Ok(now) if now.fetched.is_like(before) && error.kind() != ErrorKind::User => lost = Some(error),
                    Ok(_) | Err(_) => return Sent::Unknown(error),
                },
            }
        }
        Sent::Unknown(lost.unwrap_or_else(|| Error::new(ErrorKind::Storage, "the storage never answered")))
    }

    fn write_if_unchanged(
        &self,
        name: &ObjectName,
        before: &Fetched,
        after: &Bytes,
        durability: Durability,
    ) -> Result<(), StorageFault> {
        match before {
            Fetched::Absent => self.storage.create(name, after.clone(), durability),
            Fetched::Object(object) => self.storage.swap(name, after.clone(), &object.version(), durability),
            // Something that is no object is nobody's: it is replaced without a condition.
            Fetched::Impossible(_) => self.storage.put(name, after.clone(), durability),
        }
    }

    /// Replaces what stands at the key by nothing, if it is still `before`. Says whether nobody else wrote first.
    pub(super) fn remove(&self, key: &CacheKey, before: &Fetched) -> Result<bool, Error> {
        let expected = match before {
            Fetched::Absent => return Ok(true),
            Fetched::Object(object) => Some(object.version()),
            Fetched::Impossible(_) => None,
        };
        match self.storage.remove(&name_of(key), expected.as_ref()) {
            Ok(_) => Ok(true),
            Err(StorageFault::Precondition) => Ok(false),
            Err(fault) => Err(failure(fault)),
        }
    }

    /// An envelope around what stands, without an intent.
    pub(super) fn envelope(&self, key: &CacheKey, standing: &Standing) -> Envelope {
        Envelope {
            key: key.clone(),
            store: self.id,
            claim: standing.envelope_claim,
            write: WriteId::new(),
            created: self.store.clock().now(),
            current: standing.current.as_ref().map(|current| current.head.clone()),
            intent: None,
        }
    }
}

impl Standing {
    pub(super) fn new(fetched: Fetched, key: &CacheKey) -> Result<Self, Error> {
        let object = match &fetched {
            Fetched::Absent | Fetched::Impossible(_) => None,
            Fetched::Object(object) => usable(HeadObject::read(&object.bytes, key))?,
        };
        let (head, envelope_claim, intent) = match object {
            None => (None, Claim::default(), None),
            Some(HeadObject::Record(head)) => (Some(head), Claim::default(), None),
            Some(HeadObject::Envelope(envelope)) => (envelope.current, envelope.claim, envelope.intent),
        };
        let current = head.map(Current::new).transpose()?.flatten();
        Ok(Self { fetched, current, envelope_claim, intent })
    }

    /// The last claim on the key, standing, given back or spent.
    pub(super) fn claim(&self) -> Claim {
        if self.envelope_claim != Claim::default() {
            return self.envelope_claim;
        }
        self.spent_claim()
    }

    /// The claim that the record that stands was committed with.
    pub(super) fn spent_claim(&self) -> Claim {
        self.current.as_ref().map_or_else(Claim::default, |current| current.claim)
    }

    /// How much a write must survive that keeps the record that stands: it must not tear it.
    pub(super) fn durability_to_keep(&self) -> Durability {
        if self.current.is_some() { Durability::Ordered } else { Durability::None }
    }

    /// Whether the record with this head stands here.
    pub(super) fn holds(&self, head: &Bytes) -> bool {
        self.current.as_ref().is_some_and(|current| current.head == *head)
    }

    /// Whether a record stands here.
    pub(super) fn is_record(&self) -> bool {
        match &self.fetched {
            Fetched::Absent => false,
            // Of what cannot be used it is not known.
            Fetched::Object(_) => self.current.is_some() || self.envelope_claim == Claim::default(),
            Fetched::Impossible(_) => true,
        }
    }

    pub(super) fn has_intent_of(&self, transaction: TransactionId) -> bool {
        self.intent.as_ref().is_some_and(|intent| intent.transaction == transaction)
    }
}

impl Current {
    fn new(head: Bytes) -> Result<Option<Self>, Error> {
        let found = usable(inspect_head(&head))?;
        Ok(found.map(|found| Self { generation: found.metadata.generation, claim: found.metadata.claim, head }))
    }
}

/// The object that a head has; none if it can be replaced like nothing. Fails where it must not be.
fn usable<T>(read: Result<T, RecordFault>) -> Result<Option<T>, Error> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(fault) if fault.disposition() == Disposition::LeaveAndNeverOverwrite => {
            let error = Error::new(ErrorKind::Unsupported, format!("the record is not replaced: {fault}"));
            Err(error.with_hint(fault.hint().unwrap_or("use another storage")))
        }
        Err(_) => Ok(None),
    }
}

/// The name of a key's head.
pub(super) fn name_of(key: &CacheKey) -> ObjectName {
    ObjectName::Head(key.clone())
}
