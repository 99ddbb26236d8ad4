//! How a reader sees a head: the record that counts, whatever is around it.

use std::sync::Arc;

use bytes::Bytes;

use super::decisions::{self, Found};
use super::heads::Heads;
use super::repair;
use crate::Error;
use crate::key::CacheKey;
use crate::mistake::{self, Mistake};
use crate::record::{DecisionState, HeadObject, Intent, StoreId};
use crate::storage::{Object, ObjectName, ResultStorage, SMALL_OBJECT_LIMIT};
use crate::store::fetch::Fetched;
use crate::store::look_up::Stop;
use crate::store::{MissReason, ResultStore};

/// How often a head is read again that changes under the reader's eyes.
const LOOKS: u32 = 100;

/// The record that counts under a key.
#[derive(Debug)]
pub(in crate::store) struct Looked {
    /// The object at the key's name.
    pub(in crate::store) object: Object,
    /// The record's head: the object itself, or a part of it.
    pub(in crate::store) head: Bytes,
    /// Whether the same record counts as long as the object stays the same.
    pub(in crate::store) is_settled: bool,
}

impl Looked {
    /// Whether the object is the record and nothing else.
    pub(in crate::store) fn is_alone(&self) -> bool {
        self.head.len() == self.object.bytes.len()
    }
}

impl ResultStore {
    /// Looks at what is at a key's name.
    pub(in crate::store) fn look_at(
        &self,
        storage: &Arc<dyn ResultStorage>,
        id: StoreId,
        name: &ObjectName,
        key: &CacheKey,
    ) -> Result<Looked, Stop> {
        let mut before: Option<Object> = None;
        for _ in 0..LOOKS {
            let object = match self.fetch(&**storage, name, SMALL_OBJECT_LIMIT)? {
                Fetched::Object(object) => object,
                Fetched::Absent => return Err(MissReason::Absent.into()),
                Fetched::Impossible(error) => return Err(MissReason::Corrupt(error.report().into()).into()),
            };
            let envelope = match HeadObject::read(&object.bytes, key) {
                Ok(HeadObject::Record(head)) => return Ok(Looked { object, head, is_settled: true }),
                Ok(HeadObject::Envelope(envelope)) => envelope,
                Err(fault) => return Err(self.dispose(&**storage, name, &object, &fault).into()),
            };
            let Some(intent) = &envelope.intent else { return settled(object, envelope.current, true) };
            if self.is_committed(&Heads { store: self, storage, id }, key, intent)? {
                return settled(object, Some(intent.pending.clone()), false);
            }
            if before.is_some_and(|before| before.bytes == object.bytes) || is_hasty() {
                return settled(object, envelope.current, false);
            }
            // It may have been committed, applied and forgotten since the head was read.
            before = Some(object);
        }
        Err(Error::new(crate::ErrorKind::Storage, format!("{name} changed each time it was read")).into())
    }

    /// Whether the intent counts, as far as its decision tells.
    fn is_committed(&self, heads: &Heads<'_>, key: &CacheKey, intent: &Intent) -> Result<bool, Error> {
        if mistake::is_planted(Mistake::ReaderTrustsIntents) {
            return Ok(true);
        }
        let coordinator = decisions::coordinator_of(heads, &intent.coordinator)?;
        let decision = match decisions::read(self, &*coordinator, intent.transaction)? {
            Found::Absent | Found::Damaged => return Ok(false),
            Found::Decision(decision, _) => decision,
        };
        let is_committed = decision.state == DecisionState::Committed;
        if is_committed && repair::is_abandoned(&decision, &**self.clock()) && coordinator.barrier().is_ok() {
            // The value is right either way. Who cannot write leaves it to the next.
            let _ = heads.apply(key, intent.transaction);
        }
        Ok(is_committed)
    }
}

fn settled(object: Object, head: Option<Bytes>, is_settled: bool) -> Result<Looked, Stop> {
    match head {
        Some(head) => Ok(Looked { object, head, is_settled }),
        None => Err(MissReason::Absent.into()),
    }
}

fn is_hasty() -> bool {
    mistake::is_planted(Mistake::ReaderDoesNotLookAgain)
}
