//! Looking a record up: memory, head, payload, in that order; and what becomes of a record that cannot be served.

use bytes::Bytes;

use super::memory_layer::{Identities, Remembered};
use super::{MissReason, ResultStore};
use crate::clock::Timestamp;
use crate::event::HitSource;
use crate::key::CacheKey;
use crate::record::{
    Disposition, Expected, Head, Limits, Place, RecordFault, RequiredSignature, ResultRecord, decode_head, open_payload,
};
use crate::storage::{Object, ObjectName, ResultStorage, SMALL_OBJECT_LIMIT, StorageFault};
use crate::{Error, ErrorKind};

/// What a look-up came to.
#[derive(Clone, Debug)]
pub enum LookUp {
    /// The record is there and counts.
    Hit {
        /// The record.
        record: ResultRecord,
        /// Where it was found.
        source: HitSource,
    },
    /// It is not there, or does not count.
    Miss(MissReason),
}

/// Why a look-up ends before a record is found.
enum Stop {
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
    /// [`ErrorKind::Storage`] if the storage failed: absence and failure are never confused.
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
    pub fn read(&self, key: &CacheKey) -> Result<Option<ResultRecord>, Error> {
        match self.look_up(key)? {
            LookUp::Hit { record, .. } => Ok(Some(record)),
            LookUp::Miss(_) => Ok(None),
        }
    }

    /// Whether there is a record under `key` that counts. Its payload is not read.
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

    /// The record in memory, if the files it was read from are still the same.
    fn remembered(&self, name: &ObjectName, key: &CacheKey) -> Option<ResultRecord> {
        let remembered = self.memory()?.get(self.place(), key)?;
        let now = self.clock().now();
        let record = &remembered.record;
        let is_same = record.metadata.expiration.is_valid_at(now)
            && self.identities(name, &remembered) == Some(remembered.identities);
        is_same.then(|| record.clone())
    }

    /// What the files that a remembered record was read from are now.
    fn identities(&self, name: &ObjectName, remembered: &Remembered) -> Option<Identities> {
        let head = self.head_storage().identity(name).ok()??;
        let result = match remembered.identities.result {
            None => None,
            Some(_) => Some(self.result_storage().identity(name).ok()??),
        };
        Some(Identities { head, result })
    }

    fn read_record(&self, name: &ObjectName, key: &CacheKey) -> Result<ResultRecord, Stop> {
        let (object, head) = self.read_head(name, key)?;
        let (payload, result) = match &head.payload.place {
            Place::Inline(stored) => (self.open(&head, stored.clone(), name, self.head_storage(), &object)?, None),
            Place::Blob => {
                (self.read_payload(&head, &ObjectName::Blob(head.payload.digest), self.head_storage())?.0, None)
            }
            Place::Reference => {
                let (payload, result) = self.read_payload(&head, name, self.result_storage())?;
                (payload, Some(result))
            }
        };
        let record = ResultRecord { metadata: head.metadata, payload };
        self.remember(&record, &object, result.as_ref());
        Ok(record)
    }

    fn read_head(&self, name: &ObjectName, key: &CacheKey) -> Result<(Object, Head), Stop> {
        let storage = self.head_storage();
        let store = storage.id().map_err(failure)?.ok_or(MissReason::Absent)?;
        let object = self.get(&**storage, name, SMALL_OBJECT_LIMIT)?.ok_or(MissReason::Absent)?;
        let expected = Expected {
            key,
            store,
            namespace: self.options().namespace,
            now: self.clock().now(),
            signature: RequiredSignature::NotRequired,
            limits: Limits::default(),
        };
        match decode_head(&object.bytes, &expected) {
            Ok(head) => Ok((object, head)),
            Err(fault) => Err(self.dispose(&**storage, name, &object, &fault)),
        }
    }

    fn read_payload(
        &self,
        head: &Head,
        name: &ObjectName,
        storage: &std::sync::Arc<dyn ResultStorage>,
    ) -> Result<(Bytes, Object), Stop> {
        let missing = || MissReason::ResultMissing(format!("{name} is not in {}", storage.location()).into());
        let object = self.get(&**storage, name, head.payload.stored_length)?.ok_or_else(missing)?;
        let payload = self.open(head, object.bytes.clone(), name, storage, &object)?;
        Ok((payload, object))
    }

    fn open(
        &self,
        head: &Head,
        stored: Bytes,
        name: &ObjectName,
        storage: &std::sync::Arc<dyn ResultStorage>,
        object: &Object,
    ) -> Result<Bytes, Stop> {
        open_payload(head, stored).map_err(|fault| self.dispose(&**storage, name, object, &fault))
    }

    /// Reads an object; a failure that may pass is tried again, twice.
    fn get(&self, storage: &dyn ResultStorage, name: &ObjectName, limit: u64) -> Result<Option<Object>, Stop> {
        let mut tries_left = 2;
        loop {
            match storage.get(name, limit) {
                Ok(object) => return Ok(object),
                Err(StorageFault::Unavailable(error)) if error.kind() == ErrorKind::Corrupt => {
                    return Err(MissReason::Corrupt(error.report().into()).into());
                }
                Err(_) if tries_left > 0 => {
                    tries_left -= 1;
                    self.pause_before_retry();
                }
                Err(fault) => return Err(failure(fault).into()),
            }
        }
    }

    fn pause_before_retry(&self) {
        let jitter = crate::id::WriteId::new().to_bytes()[0];
        self.clock().sleep(std::time::Duration::from_micros(500 + 8 * u64::from(jitter)));
    }

    /// Does with a record that cannot be served what its fault asks for, and says why it is a miss.
    fn dispose(&self, storage: &dyn ResultStorage, name: &ObjectName, object: &Object, fault: &RecordFault) -> Stop {
        let mut words = fault.to_string();
        if let Some(hint) = fault.hint() {
            words = format!("{words} ({hint})");
        }
        match fault.disposition() {
            Disposition::Quarantine => match storage.quarantine(name, &object.version()) {
                Ok(()) => MissReason::Corrupt(words.into()).into(),
                Err(fault) => {
                    let why = failure(fault).report();
                    MissReason::Corrupt(format!("{words}; it could not be put into quarantine: {why}").into()).into()
                }
            },
            Disposition::LeaveAndNeverOverwrite => MissReason::NewerVersion(words.into()).into(),
            Disposition::LeaveAndMiss => match fault {
                RecordFault::Expired { at } => MissReason::Expired { at: *at }.into(),
                RecordFault::Untrusted(_) => MissReason::Untrusted(words.into()).into(),
                RecordFault::Changed => MissReason::ResultMissing(words.into()).into(),
                _ => MissReason::Unusable(words.into()).into(),
            },
        }
    }

    /// Keeps a record in memory, if its files cannot have been written again without a change of their identities.
    fn remember(&self, record: &ResultRecord, head: &Object, result: Option<&Object>) {
        let (Some(memory), Some(head)) = (self.memory(), head.identity) else { return };
        let identities = match result {
            None => Some(Identities { head, result: None }),
            Some(object) => object.identity.map(|result| Identities { head, result: Some(result) }),
        };
        let now: Timestamp = self.clock().now();
        if let Some(identities) = identities.filter(|identities| identities.have_settled(now)) {
            memory.put(self.place(), Remembered { record: record.clone(), identities });
        }
    }
}

/// A storage's failure as an error.
pub(super) fn failure(fault: StorageFault) -> Error {
    match fault {
        StorageFault::Unavailable(error) | StorageFault::Unknown(error) => error,
        StorageFault::Precondition => Error::new(ErrorKind::Storage, "the object was changed by somebody else"),
    }
}
