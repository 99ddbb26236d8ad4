//! Looking a record up: memory, head, payload, in that order.
//!
//! What becomes of a record that cannot be served is in [`super::disposal`].

use std::sync::Arc;

use bytes::Bytes;

use super::commit::Looked;
use super::disposal::reason;
use super::fetch::Fetched;
use super::memory_layer::{Identities, Remembered};
use super::{MissReason, ResultStore};
use crate::Error;
use crate::event::HitSource;
use crate::key::CacheKey;
use crate::record::{
    Expected, Head, Place, RecordFault, ResultRecord, SignatureId, decode_head, open_object, open_payload,
};
use crate::storage::{Object, ObjectName, ResultStorage};

/// What a look-up came to.
#[derive(Clone, Debug)]
pub enum LookUp {
    /// The record is there and counts.
    Hit {
        /// The record, shared with the memory layer.
        record: Arc<ResultRecord>,
        /// Where it was found.
        source: HitSource,
    },
    /// It is not there, or does not count.
    Miss(MissReason),
}

/// Why a look-up ends before a record is found.
pub(super) enum Stop {
    Miss(MissReason),
    Failed(Error),
}

impl From<MissReason> for Stop {
    fn from(reason: MissReason) -> Self {
        Self::Miss(reason)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl ResultStore {
    /// Looks for the record under `key`. A damaged one is put into quarantine.
    ///
    /// # Errors
    /// [`Storage`](crate::ErrorKind::Storage) if the storage failed, also when asked again: absence and failure are never
    /// confused. [`Unsupported`](crate::ErrorKind::Unsupported) if the key storage is the result storage.
    pub fn look_up(&self, key: &CacheKey) -> Result<LookUp, Error> {
        let name = ObjectName::Head(key.clone());
        if let Some(record) = self.remembered(&name, key) {
            return Ok(LookUp::Hit { record, source: HitSource::Memory });
        }
        match self.read_record(&name, key) {
            Ok(record) => Ok(LookUp::Hit { record, source: HitSource::Storage }),
            Err(Stop::Miss(reason)) => Ok(LookUp::Miss(reason)),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    /// The record under `key`, if there is one that counts.
    ///
    /// # Errors
    /// As [`look_up`](Self::look_up).
    pub fn read(&self, key: &CacheKey) -> Result<Option<Arc<ResultRecord>>, Error> {
        match self.look_up(key)? {
            LookUp::Hit { record, .. } => Ok(Some(record)),
            LookUp::Miss(_) => Ok(None),
        }
    }

    /// Whether there is a record under `key` that counts, as far as its head can tell: no payload is read, so one that
    /// is missing or damaged goes unnoticed.
    ///
    /// # Errors
    /// As [`look_up`](Self::look_up).
    pub fn exists(&self, key: &CacheKey) -> Result<bool, Error> {
        match self.read_head(&ObjectName::Head(key.clone()), key) {
            Ok(_) => Ok(true),
            Err(Stop::Miss(_)) => Ok(false),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    /// The record in memory, if it counts here and the files it was read from are still the same.
    fn remembered(&self, name: &ObjectName, key: &CacheKey) -> Option<Arc<ResultRecord>> {
        let remembered = self.memory()?.get(self.place(), key)?;
        let metadata = &remembered.record.metadata;
        let counts = metadata.namespace == self.options().namespace
            && metadata.expiration.is_valid_at(self.clock().now())
            && self.trust().accepts(&metadata.serializer, remembered.signed_by)
            && remembered.is_current(name, &**self.head_storage(), &**self.result_storage());
        counts.then(|| Arc::clone(&remembered.record))
    }

    fn read_record(&self, name: &ObjectName, key: &CacheKey) -> Result<Arc<ResultRecord>, Stop> {
        let (looked, head) = self.read_head(name, key)?;
        let (payload, result) = match &head.payload.place {
            Place::Inline(stored) => {
                let opened = open_payload(&head, stored.clone());
                (opened.map_err(|fault| self.dispose_of_head(name, &looked, &fault))?, None)
            }
            Place::Blob => {
                (self.read_payload(&head, &ObjectName::Blob(head.payload.digest), &**self.head_storage())?.0, None)
            }
            Place::Reference => {
                let storage = self.key_storage().map(|_| self.result_storage()).ok_or_else(no_result_storage)?;
                let (payload, result) = self.read_payload(&head, name, &**storage)?;
                (payload, Some(result))
            }
        };
        let signed_by = head.signature.filter(|_| self.trust().must_be_signed(&head.metadata.serializer));
        let record = Arc::new(ResultRecord { metadata: head.metadata, payload });
        if looked.is_settled {
            self.remember(&record, signed_by, &looked.object, result.as_ref());
        }
        Ok(record)
    }

    fn read_head(&self, name: &ObjectName, key: &CacheKey) -> Result<(Looked, Head), Stop> {
        self.refuse_shared_storage()?;
        let storage = self.head_storage();
        let store = self.retrying(|| storage.id())?.ok_or(MissReason::Absent)?;
        let looked = self.look_at(storage, store, name, key)?;
        let expected = Expected {
            key,
            store,
            namespace: self.options().namespace,
            now: self.clock().now(),
            signature: self.trust().required(),
            limits: self.limits(),
        };
        match decode_head(&looked.head, &expected) {
            Ok(head) => Ok((looked, head)),
            Err(fault) => Err(self.explain_distrust(self.dispose_of_head(name, &looked, &fault)).into()),
        }
    }

    /// [`dispose`](Self::dispose) of a record's head. One that is not alone in its object stays: what is around it counts.
    fn dispose_of_head(&self, name: &ObjectName, looked: &Looked, fault: &RecordFault) -> MissReason {
        if looked.is_alone() {
            self.dispose(&**self.head_storage(), name, &looked.object, fault)
        } else {
            reason(fault)
        }
    }

    /// A record may not be trusted because the key is there and cannot be read: then that is the reason.
    fn explain_distrust(&self, reason: MissReason) -> MissReason {
        match reason {
            MissReason::Untrusted(words) => MissReason::Untrusted(match self.trust().problem() {
                Some(problem) => format!("{words}; {}", problem.report()).into(),
                None => words,
            }),
            reason => reason,
        }
    }

    /// Reads a payload that is not in its head.
    fn read_payload(
        &self,
        head: &Head,
        name: &ObjectName,
        storage: &dyn ResultStorage,
    ) -> Result<(Bytes, Object), Stop> {
        let object = match self.fetch_payload(storage, name, head.payload.stored_length)? {
            Fetched::Object(object) => object,
            Fetched::Absent => {
                let what = format!("{name} is not in {}", storage.location());
                return Err(MissReason::ResultMissing(what.into()).into());
            }
            Fetched::Impossible(error) => return Err(impossible_payload(head, &error).into()),
        };
        match open_object(head, &object) {
            Ok(payload) => Ok((payload, object)),
            Err(fault) => Err(self.dispose(storage, name, &object, &fault).into()),
        }
    }

    /// Keeps a record in memory, with whose signature was verified if one was, if its files cannot have been written again without a change of their identities.
    fn remember(
        &self,
        record: &Arc<ResultRecord>,
        signed_by: Option<SignatureId>,
        head: &Object,
        result: Option<&Object>,
    ) {
        let (Some(memory), Some(identity)) = (self.memory(), head.identity) else { return };
        let identities = match result {
            None => Some(Identities { head: identity, result: None }),
            Some(object) => object.identity.map(|result| Identities { head: identity, result: Some(result) }),
        };
        if let Some(identities) = identities.filter(|identities| identities.have_settled(self.clock().now())) {
            memory.put(self.place(), Remembered::new(Arc::clone(record), signed_by, identities, &head.bytes));
        }
    }
}

fn no_result_storage() -> MissReason {
    MissReason::ResultMissing("it is kept apart from its record, and this task has no key storage".into())
}

/// A plain result is its owner's to edit, also to something larger; a blob is nobody's.
fn impossible_payload(head: &Head, error: &Error) -> MissReason {
    match head.payload.place {
        Place::Reference => MissReason::ResultMissing(format!("it was changed: {error}").into()),
        Place::Inline(_) | Place::Blob => MissReason::Corrupt(error.report().into()),
    }
}
