//! Payloads that have an object of their own: each is read once, whoever names it.

use std::collections::HashMap;

use super::ill::Ill;
use crate::key::Digest;
use crate::record::StoredPayload;
use crate::storage::ObjectName;
use crate::store::ResultStore;

/// What is known of the blobs so far.
pub(super) struct Blobs<'a> {
    store: &'a ResultStore,
    /// The length of each that is whole, and what ails each that is not.
    seen: HashMap<Digest, Result<u64, Ill>>,
    bytes: u64,
}

impl<'a> Blobs<'a> {
    pub(super) fn new(store: &'a ResultStore) -> Self {
        Self { store, seen: HashMap::new(), bytes: 0 }
    }

    /// How many bytes were read.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether the blob that a record names is whole; what ails the record if it is not.
    pub(super) fn require(&mut self, payload: &StoredPayload) -> Result<(), Ill> {
        match self.look(payload.digest) {
            Ok(length) if length == payload.stored_length => Ok(()),
            Ok(_) => Err(Ill::corrupt("the record's payload has another length")),
            Err(ill) => Err(Ill { what: format!("the record's payload: {}", ill.what), ..ill }),
        }
    }

    /// What ails the blob, if anything.
    pub(super) fn check(&mut self, digest: Digest) -> Result<(), Ill> {
        self.look(digest).map(|_| ())
    }

    /// Forgets what was seen, so that it is looked at anew.
    pub(super) fn forget(&mut self) {
        self.seen.clear();
    }

    fn look(&mut self, digest: Digest) -> Result<u64, Ill> {
        if let Some(state) = self.seen.get(&digest) {
            return state.clone();
        }
        let state = self.read(digest);
        self.bytes += state.as_ref().map_or(0, |length| *length);
        self.seen.insert(digest, state.clone());
        state
    }

    fn read(&self, digest: Digest) -> Result<u64, Ill> {
        let (store, storage) = (self.store, &**self.store.head_storage());
        let name = ObjectName::Blob(digest);
        let limit = store.limits().stored_length;
        let object = store.retrying(|| storage.map(&name, limit)).map_err(|error| Ill::unread(&error))?;
        let object = object.ok_or_else(|| Ill::corrupt(format!("{name} is missing")))?;
        if object.digest() != digest {
            return Err(Ill::corrupt(format!("{name} is damaged")));
        }
        Ok(object.bytes.len() as u64)
    }
}
