//! Several writes that are flushed together: all contents, then all names. Two waits for the disk, however many files.

use std::io;

use super::folder::Folder;
use super::place::Place;
use super::write::PreparedWrite;
use super::{fault, sync};
use crate::mistake::{self, Mistake};
use crate::storage::{ConditionalWrite, Durability, StorageFault};

impl Folder {
    /// See [`ResultStorage::write_many`](crate::storage::ResultStorage::write_many).
    pub(super) fn write_many(
        &self,
        writes: &[ConditionalWrite],
        durability: Durability,
    ) -> Vec<Result<(), StorageFault>> {
        let prepared = match self.prepare_many(writes, durability) {
            Ok(prepared) => prepared,
            Err(fault) => return vec![Err(fault)],
        };
        let mut outcomes = Vec::with_capacity(writes.len());
        for (write, prepared) in writes.iter().zip(prepared) {
            outcomes.push(self.publish(write, prepared));
            if outcomes.last().is_some_and(Result::is_err) {
                break;
            }
        }
        if durability == Durability::Full && outcomes.iter().any(Result::is_ok) {
            self.flush_names(&mut outcomes);
        }
        outcomes
    }

    /// Returns when everything in the folder lasts that can be seen in it.
    pub(super) fn barrier(&self) -> Result<(), StorageFault> {
        sync::sync_file_system(&self.private)
            .map_err(|cause| StorageFault::Unavailable(self.root.cannot_write(".keepwell", cause)))
    }

    /// Replaces a decision. Its content may reach the disk with its name, or after it: what a power cut leaves of it before it
    /// was acknowledged is told by its own digest, and counts as not decided.
    pub(super) fn replace_decision(&self, place: &Place<'_>, bytes: &[u8]) -> Result<(), StorageFault> {
        self.prepare(bytes, Durability::None)?.replace(place)?;
        sync::sync_file_system(&self.transactions)
            .map_err(|cause| fault::not_known_to_last(&self.root.path.join(place.path()), cause))
    }

    fn prepare_many(
        &self,
        writes: &[ConditionalWrite],
        durability: Durability,
    ) -> Result<Vec<PreparedWrite<'_>>, StorageFault> {
        let alone = if mistake::is_planted(Mistake::EachFileFlushed) { durability } else { Durability::None };
        let prepare = |write: &ConditionalWrite| self.prepare(&write.bytes, alone);
        let prepared = writes.iter().map(prepare).collect::<Result<Vec<_>, _>>()?;
        if durability >= Durability::Ordered && !prepared.is_empty() {
            self.barrier()?;
        }
        Ok(prepared)
    }

    fn publish(&self, write: &ConditionalWrite, prepared: PreparedWrite<'_>) -> Result<(), StorageFault> {
        let place = self.place(&write.name)?;
        let _lock = self.lock(&write.name, &place)?;
        match &write.expected {
            Some(expected) => {
                self.require(&place, expected)?;
                prepared.replace(&place)
            }
            None if self.is_taken(&place)? => Err(StorageFault::Precondition),
            None => {
                self.note_cut_name(&write.name, Durability::None)?;
                prepared.create(&place)
            }
        }
    }

    fn flush_names(&self, outcomes: &mut [Result<(), StorageFault>]) {
        let Err(cause) = sync::sync_file_system(&self.private) else { return };
        for outcome in outcomes.iter_mut().filter(|outcome| outcome.is_ok()) {
            let cause = io::Error::new(cause.kind(), cause.to_string());
            *outcome = Err(fault::not_known_to_last(&self.root.path, cause));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;

    use super::sync::seam::{self, Flush};
    use super::*;
    use crate::clock::SystemClock;
    use crate::key::CacheKey;
    use crate::record::{Compression, EncodedValue, Expiration, Namespace, Provenance, SerializerName};
    use crate::settings::OnStorageError;
    use crate::storage::{FileSystemStorage, ObjectKind, ObjectName};
    use crate::store::{ResultStore, StoreOptions, Write, commit};

    fn store(path: &std::path::Path) -> Arc<ResultStore> {
        Arc::new(ResultStore::new(StoreOptions {
            result_storage: Arc::new(FileSystemStorage::open(path).unwrap()),
            key_storage: None,
            lock_manager: None,
            memory: None,
            clock: Arc::new(SystemClock::new()),
            namespace: Namespace::DEFAULT,
            trust: None,
            compression: Compression::None,
            maps_payloads: false,
            durability: Durability::Ordered,
            on_storage_error: OnStorageError::Run,
            on_lease_lost: crate::lock::lease::OnLeaseLost::Cancel,
            lock_timeout: None,
        }))
    }

    fn write(store: &Arc<ResultStore>, key: &str, payload: Bytes) -> Write {
        Write {
            store: Arc::clone(store),
            key: CacheKey::new(key).unwrap(),
            value: EncodedValue { serializer: SerializerName::CBOR, payload },
            expiration: Expiration::Never,
            provenance: Arc::new(Provenance::default()),
            claim: None,
        }
    }

    #[test]
    fn a_transaction_of_ten_records_waits_for_the_disk_four_times() {
        let outer = tempfile::tempdir().unwrap();
        let store = store(&outer.path().join("store"));
        commit(&[write(&store, "first", Bytes::new())]).unwrap();
        for round in 0..2_u8 {
            seam::take();
            let payload = |number| Bytes::from(vec![number; 30_000 * usize::from(round)]);
            let writes = (0..10).map(|number| write(&store, &format!("{number}"), payload(number)));
            commit(&Vec::from_iter(writes)).unwrap();
            assert_eq!(seam::take(), [Flush::FileSystem; 4], "round {round}");
        }
        let decisions = store.result_storage().list(ObjectKind::Decision).unwrap();
        assert_eq!(decisions.len(), 1, "the first one's is gone: the second one's barrier was its last need");
    }

    #[test]
    fn a_transaction_that_cannot_be_flushed_is_not_committed() {
        let outer = tempfile::tempdir().unwrap();
        let store = store(&outer.path().join("store"));
        commit(&[write(&store, "a", Bytes::new())]).unwrap();
        let head = ObjectName::Head(CacheKey::new("a").unwrap());
        let before = store.result_storage().get(&head, 1 << 20).unwrap().unwrap().bytes;
        seam::break_flush(Some(Flush::FileSystem));
        let outcome = commit(&["a", "b"].map(|key| write(&store, key, Bytes::from_static(b"new"))));
        seam::break_flush(None);
        assert_eq!(outcome.unwrap_err().kind(), crate::ErrorKind::Storage);
        assert_eq!(store.result_storage().get(&head, 1 << 20).unwrap().unwrap().bytes, before);
    }
}
