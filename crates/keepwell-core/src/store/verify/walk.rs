//! The way through a store: every head, every blob.

use std::collections::HashSet;

use bytes::Bytes;

use super::blobs::Blobs;
use super::ill::{Cure, Ill};
use super::{Problem, Remedy, Subject, Verification, foreign};
use crate::Error;
use crate::key::{CacheKey, Digest};
use crate::record::StoreId;
use crate::storage::{Object, ObjectKind, ObjectName, ResultStorage, SMALL_OBJECT_LIMIT, StorageFault};
use crate::store::ResultStore;
use crate::store::fetch::{Fetched, failure};

/// How often a head is looked at again that others change meanwhile.
const LOOKS: u32 = 10;

impl ResultStore {
    /// Looks at everything that is kept where this store's heads are, and says what is wrong with it. What can be put right
    /// is, if it is to be `repaired`: damaged objects go to the quarantine, and payloads that no record has named for an hour
    /// are removed. What others do meanwhile is no problem.
    ///
    /// # Errors
    /// [`Storage`](crate::ErrorKind::Storage) and its kin if the storage cannot say what it keeps. What cannot be read of it
    /// is a problem among others.
    pub fn verify(&self, repaired: bool) -> Result<Verification, Error> {
        let storage = &**self.head_storage();
        let Some(id) = self.retrying(|| storage.id())? else { return Ok(Verification::default()) };
        let heads = self.retrying(|| storage.list(ObjectKind::Head))?;
        let blobs = self.retrying(|| storage.list(ObjectKind::Blob))?;
        let mut walk = Walk { store: self, id, repaired, blobs: Blobs::new(self), report: Verification::default() };
        for name in &heads {
            if let ObjectName::Head(key) = name {
                walk.visit_head(name, key);
            }
        }
        for name in &blobs {
            if let ObjectName::Blob(digest) = name {
                walk.visit_blob(name, *digest);
            }
        }
        walk.visit_unnamed()?;
        walk.report.blobs = blobs.len() as u64;
        walk.report.bytes += walk.blobs.bytes();
        Ok(walk.report)
    }
}

struct Walk<'a> {
    store: &'a ResultStore,
    id: StoreId,
    repaired: bool,
    blobs: Blobs<'a>,
    report: Verification,
}

impl Walk<'_> {
    fn visit_head(&mut self, name: &ObjectName, key: &CacheKey) {
        for look in 0..LOOKS {
            let object = match self.store.fetch(self.storage(), name, SMALL_OBJECT_LIMIT) {
                Ok(Fetched::Object(object)) => object,
                Ok(Fetched::Absent) => return,
                Ok(Fetched::Impossible(_)) => {
                    self.report.others += 1;
                    return;
                }
                Err(error) => return self.note(name, Ill::unread(&error), |_| Ok(())),
            };
            if foreign::is_foreign(&object.bytes) {
                self.report.others += 1;
                return;
            }
            match self.check_head(&object.bytes, key) {
                Ok(()) => {
                    self.report.records += 1;
                    self.report.bytes += object.bytes.len() as u64;
                    return;
                }
                Err(ill) if look + 1 == LOOKS || self.is_unchanged(name, &object) => {
                    return self.note(name, ill, |storage| storage.quarantine(name, &object.version()));
                }
                // Others were at work: what was seen was no state of the store.
                Err(_) => self.blobs.forget(),
            }
        }
    }

    fn check_head(&mut self, bytes: &Bytes, key: &CacheKey) -> Result<(), Ill> {
        self.store.verify_record(bytes, key, self.id, &mut self.blobs).map(|_| ())
    }

    fn is_unchanged(&self, name: &ObjectName, object: &Object) -> bool {
        matches!(self.store.fetch(self.storage(), name, SMALL_OBJECT_LIMIT), Ok(now) if now.is(&object.bytes))
    }

    fn visit_blob(&mut self, name: &ObjectName, digest: Digest) {
        let Err(ill) = self.blobs.check(digest) else { return };
        let (store, limit) = (self.store, self.store.limits().stored_length);
        // Somebody may have removed it since it was listed; what names it has been said already.
        let is_gone = matches!(store.retrying(|| self.storage().map(name, limit)), Ok(None));
        if !is_gone {
            self.note(name, ill, |storage| set_aside(storage, name, digest, limit));
        }
    }

    fn visit_unnamed(&mut self) -> Result<(), Error> {
        let unnamed = self.store.unnamed_blobs()?;
        let ailing: HashSet<_> = self.report.problems.iter().map(|problem| &problem.subject).collect();
        let whole = unnamed.names.iter().filter(|name| !ailing.contains(&Subject::Object((*name).clone())));
        self.report.unnamed_blobs = whole.count() as u64;
        if self.repaired {
            self.report.removed_blobs = self.store.collect_blobs()?.removed as u64;
        }
        Ok(())
    }

    /// Notes what ails an object, and has it taken out of the way where that helps and is wanted.
    fn note(
        &mut self,
        name: &ObjectName,
        ill: Ill,
        set_aside: impl Fn(&dyn ResultStorage) -> Result<(), StorageFault>,
    ) {
        let remedy = match ill.cure {
            Cure::Nothing(why) => Remedy::Nothing(why),
            Cure::Quarantine if !self.repaired => Remedy::Possible("put it into quarantine"),
            Cure::Quarantine => match set_aside(self.storage()) {
                Ok(()) => Remedy::Done("put into quarantine"),
                Err(fault) => Remedy::Failed(failure(fault).report()),
            },
        };
        let subject = Subject::Object(name.clone());
        self.report.problems.push(Problem { subject, trouble: ill.trouble, what: ill.what, remedy });
    }

    fn storage(&self) -> &dyn ResultStorage {
        &**self.store.head_storage()
    }
}

/// Takes a blob out of the way that is not what its name says, keeping its bytes where there are any to keep.
fn set_aside(storage: &dyn ResultStorage, name: &ObjectName, digest: Digest, limit: u64) -> Result<(), StorageFault> {
    match storage.map(name, limit) {
        // Somebody has written it anew, or removed it.
        Ok(Some(object)) if object.digest() == digest => Ok(()),
        Ok(None) => Ok(()),
        Ok(Some(object)) => storage.quarantine(name, &object.version()),
        Err(StorageFault::Unavailable(error)) if error.kind() == crate::ErrorKind::Corrupt => {
            storage.remove(name, None).map(|_| ())
        }
        Err(fault) => Err(fault),
    }
}
