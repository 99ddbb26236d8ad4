//! Payloads in objects of their own that no record names any more.

use std::collections::HashSet;
use std::time::Duration;

use super::foreign;
use crate::Error;
use crate::clock::Timestamp;
use crate::key::Digest;
use crate::record::{Disposition, Head, HeadObject, Place, RecordFault, inspect_head};
use crate::storage::{ObjectKind, ObjectName, ResultStorage, SMALL_OBJECT_LIMIT};
use crate::store::ResultStore;
use crate::store::fetch::Fetched;

/// A payload is written before the record that names it: a younger one may be on its way.
const GRACE: Duration = Duration::from_secs(60 * 60);

/// What became of the payloads that no record names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CollectedBlobs {
    /// How many were removed.
    pub removed: usize,
    /// How large those were, in bytes.
    pub removed_bytes: u64,
    /// How many were left because they are too young, or because nobody can tell how old they are.
    pub left: usize,
    /// How large those are, in bytes.
    pub left_bytes: u64,
    /// How many heads cannot be read here. Nobody can tell which payloads they name, so none was removed.
    pub unreadable: usize,
}

/// The payloads that no record names.
pub(super) struct Unnamed {
    pub(super) names: Vec<ObjectName>,
    /// How many heads may name any of them.
    unreadable: usize,
}

impl ResultStore {
    /// Removes the payloads that no record names, current or pending, but for those that were written in the last hour.
    ///
    /// A payload that is written anew between the look at its age and its removal is lost: a miss, which the next commit
    /// makes good.
    ///
    /// # Errors
    /// [`Storage`](crate::ErrorKind::Storage) and its kin if the storage failed; what was removed until then stays removed.
    pub fn collect_blobs(&self) -> Result<CollectedBlobs, Error> {
        let Unnamed { names, unreadable } = self.unnamed_blobs()?;
        let mut collected = CollectedBlobs::default();
        if !names.is_empty() {
            collected.unreadable = unreadable;
        }
        if collected.unreadable == 0 {
            names.iter().try_for_each(|name| collected.take(self, name))?;
        }
        Ok(collected)
    }

    pub(super) fn unnamed_blobs(&self) -> Result<Unnamed, Error> {
        let storage = &**self.head_storage();
        // In this order: a record that is written in between names a blob that is not among these, or too young.
        let mut names = self.retrying(|| storage.list(ObjectKind::Blob))?;
        let (mut named, mut unreadable) = (HashSet::new(), 0);
        for head in self.retrying(|| storage.list(ObjectKind::Head))? {
            match self.blobs_named_by(storage, &head) {
                Some(blobs) => named.extend(blobs),
                None => unreadable += 1,
            }
        }
        names.retain(|name| !matches!(name, ObjectName::Blob(digest) if named.contains(digest)));
        Ok(Unnamed { names, unreadable })
    }

    /// The blobs that a head names, whether or not it can be served; `None` if nobody here can tell.
    fn blobs_named_by(&self, storage: &dyn ResultStorage, name: &ObjectName) -> Option<Vec<Digest>> {
        let object = match self.fetch(storage, name, SMALL_OBJECT_LIMIT) {
            Ok(Fetched::Object(object)) if !foreign::is_foreign(&object.bytes) => object,
            Ok(Fetched::Object(_) | Fetched::Absent | Fetched::Impossible(_)) => return Some(Vec::new()),
            Err(_) => return None,
        };
        let ObjectName::Head(key) = name else { return Some(Vec::new()) };
        match HeadObject::read(&object.bytes, key) {
            Ok(head) => {
                let mut blobs = Vec::new();
                for record in head.records() {
                    blobs.extend(blob_of(inspect_head(record))?);
                }
                Some(blobs)
            }
            Err(fault) => blob_of(Err(fault)).map(|_| Vec::new()),
        }
    }
}

/// The blob that a record names, if it names one; `None` if nobody here can tell.
fn blob_of(head: Result<Head, RecordFault>) -> Option<Option<Digest>> {
    match head {
        Ok(head) => Some((head.payload.place == Place::Blob).then_some(head.payload.digest)),
        // What is damaged names nothing that anybody could still read through it.
        Err(fault) => (fault.disposition() == Disposition::Quarantine).then_some(None),
    }
}

impl CollectedBlobs {
    fn take(&mut self, store: &ResultStore, name: &ObjectName) -> Result<(), Error> {
        let storage = &**store.head_storage();
        let Some(file) = store.retrying(|| storage.identity(name))? else { return Ok(()) };
        let written = Timestamp::from_millis(u64::try_from(file.modified / 1_000_000).unwrap_or(0));
        if written.after(GRACE) > store.clock().now() {
            self.left += 1;
            self.left_bytes += file.size;
        } else if store.retrying(|| storage.remove(name, None))? {
            self.removed += 1;
            self.removed_bytes += file.size;
        }
        Ok(())
    }
}
