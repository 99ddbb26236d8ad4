//! The way through a store: every head, every decision, every blob. In this order, so that what a transaction has left is
//! settled before records and payloads are missed.

use std::collections::HashSet;

use bytes::Bytes;

use super::blobs::Blobs;
use super::ill::{Cure, Ill};
use super::{Problem, Remedy, Subject, Trouble, Verification, foreign};
use crate::Error;
use crate::id::TransactionId;
use crate::key::{CacheKey, Digest};
use crate::record::{DECISION_LIMIT, Decision, HeadObject, RecordFault, StoreId, inspect_head};
use crate::storage::layout;
use crate::storage::{Object, ObjectKind, ObjectName, ResultStorage, SMALL_OBJECT_LIMIT, StorageFault};
use crate::store::ResultStore;
use crate::store::commit::collect;
use crate::store::fetch::{Fetched, failure};

/// How often a head is looked at again that others change meanwhile.
const LOOKS: u32 = 10;

impl ResultStore {
    /// Looks at everything that is kept where this store's heads are, and says what is wrong with it. What can be put right
    /// is, if it is to be `repaired`: damaged objects go to the quarantine, and what a dead transaction left is settled. Decisions
    /// that are long done, and payloads that no record has named for an hour, are removed. What others do meanwhile is no
    /// problem.
    ///
    /// # Errors
    /// [`Storage`](crate::ErrorKind::Storage) and its kin if the storage cannot say what it keeps. What cannot be read of it
    /// is a problem among others.
    pub fn verify(&self, repaired: bool) -> Result<Verification, Error> {
        let storage = &**self.head_storage();
        let Some(id) = self.retrying(|| storage.id())? else { return Ok(Verification::default()) };
        let heads = self.retrying(|| storage.list(ObjectKind::Head))?;
        let decisions = self.retrying(|| storage.list(ObjectKind::Decision))?;
        let blobs = self.retrying(|| storage.list(ObjectKind::Blob))?;
        let mut walk = Walk { store: self, id, repaired, blobs: Blobs::new(self), report: Verification::default() };
        for name in &heads {
            if let ObjectName::Head(key) = name {
                walk.visit_head(name, key);
            }
        }
        walk.visit_unlisted()?;
        for name in &decisions {
            if let ObjectName::Decision(transaction) = name {
                walk.visit_decision(name, *transaction);
            }
        }
        walk.visit_old_decisions()?;
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

/// What a key's head holds.
#[derive(Default)]
struct Holding {
    is_record: bool,
    is_claimed: bool,
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
                Ok(holding) => {
                    self.report.records += u64::from(holding.is_record);
                    self.report.claims += u64::from(holding.is_claimed);
                    self.report.bytes += object.bytes.len() as u64;
                    return;
                }
                Err(ill) if look + 1 == LOOKS || self.is_unchanged(name, &object) => {
                    let is_settled = ill.cure == Cure::Settle;
                    self.note(name, ill, |storage| storage.quarantine(name, &object.version()));
                    // What is there once the intent is settled is looked at for itself.
                    if !(is_settled && self.was_put_right()) {
                        return;
                    }
                }
                // Others were at work: what was seen was no state of the store.
                Err(_) => self.blobs.forget(),
            }
        }
    }

    /// Whether everything at a key is whole: the record that counts, the one that is intended, and what is around them.
    fn check_head(&mut self, bytes: &Bytes, key: &CacheKey) -> Result<Holding, Ill> {
        let head = HeadObject::read(bytes, key)?;
        let mut holding = Holding { is_record: head.current().is_some(), ..Holding::default() };
        if let HeadObject::Envelope(envelope) = &head {
            if envelope.store != self.id {
                return Err(RecordFault::WrongStore.into());
            }
            holding.is_claimed = envelope.claim.is_standing();
            // Before the records: taking a damaged one away must not lose one that is committed.
            envelope.intent.as_ref().map_or(Ok(()), |intent| self.store.verify_intent(intent, self.id))?;
        }
        head.records()
            .try_for_each(|record| self.store.verify_record(record, key, self.id, &mut self.blobs).map(|_| ()))?;
        Ok(holding)
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

    /// Heads whose keys the storage has lost say themselves which they are of.
    fn visit_unlisted(&mut self) -> Result<(), Error> {
        let store = self.store;
        for (place, bytes) in store.retrying(|| self.storage().unlisted())? {
            let name = key_in(&bytes).map(ObjectName::Head).filter(|name| layout::path_of(name) == place);
            let remedy = match &name {
                None => Remedy::Nothing("it does not say its key either"),
                Some(_) if !self.repaired => Remedy::Possible("note its key again"),
                Some(name) => done("noted its key again", self.storage().relist(name).map_err(failure)),
            };
            let what = "its key is not noted, so that it is not listed".to_owned();
            let subject = Subject::File(place);
            self.report.problems.push(Problem { subject, trouble: Trouble::Corrupt, what, remedy });
            if let Some(name @ ObjectName::Head(key)) = &name {
                self.visit_head(name, key);
            }
        }
        Ok(())
    }

    fn visit_decision(&mut self, name: &ObjectName, transaction: TransactionId) {
        match self.store.verify_decision(transaction) {
            Ok(None) => {}
            Ok(Some(decision)) if collect::is_old(&decision, &**self.store.clock()) => self.report.old_decisions += 1,
            Ok(Some(_)) => self.report.recent_transactions += 1,
            Err(ill) => self.note(name, ill, |storage| set_aside_decision(storage, name)),
        }
    }

    fn visit_old_decisions(&mut self) -> Result<(), Error> {
        if !self.repaired {
            return Ok(());
        }
        let collected = self.store.collect_decisions()?;
        self.report.removed_decisions = collected.removed as u64;
        for error in collected.problems {
            let subject = Subject::File(layout::prefix_of(ObjectKind::Decision));
            let remedy = Remedy::Failed(error.report());
            let what = "a transaction that is long decided cannot be finished".to_owned();
            self.report.problems.push(Problem { subject, trouble: Trouble::Unreadable, what, remedy });
        }
        Ok(())
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
        let remedy = match (ill.cure, self.repaired) {
            (Cure::Nothing(why), _) => Remedy::Nothing(why),
            (Cure::Quarantine, false) => Remedy::Possible("put it into quarantine"),
            (Cure::Quarantine, true) => done("put into quarantine", set_aside(self.storage()).map_err(failure)),
            (Cure::Settle, false) => Remedy::Possible("settle it as its transaction was decided"),
            (Cure::Settle, true) => done("settled as its transaction was decided", self.settle(name)),
            (Cure::Abort, false) => Remedy::Possible("abort it"),
            (Cure::Abort, true) => done("aborted", self.abort(name)),
        };
        let subject = Subject::Object(name.clone());
        self.report.problems.push(Problem { subject, trouble: ill.trouble, what: ill.what, remedy });
    }

    fn settle(&self, name: &ObjectName) -> Result<(), Error> {
        match name {
            ObjectName::Head(key) => self.store.settle(key),
            ObjectName::Blob(_) | ObjectName::Decision(_) | ObjectName::Lock(_) => Ok(()),
        }
    }

    fn abort(&self, name: &ObjectName) -> Result<(), Error> {
        match name {
            ObjectName::Decision(transaction) => self.store.abort(*transaction),
            ObjectName::Head(_) | ObjectName::Blob(_) | ObjectName::Lock(_) => Ok(()),
        }
    }

    fn was_put_right(&self) -> bool {
        self.report.problems.last().is_some_and(Problem::is_repaired)
    }

    fn storage(&self) -> &dyn ResultStorage {
        &**self.store.head_storage()
    }
}

fn key_in(bytes: &Bytes) -> Option<CacheKey> {
    match HeadObject::inspect(bytes).ok()? {
        HeadObject::Record(head) => Some(inspect_head(&head).ok()?.metadata.key),
        HeadObject::Envelope(envelope) => Some(envelope.key),
    }
}

fn done(what: &'static str, outcome: Result<(), Error>) -> Remedy {
    match outcome {
        Ok(()) => Remedy::Done(what),
        Err(error) => Remedy::Failed(error.report()),
    }
}

/// Takes a decision out of the way that is not what was written, keeping its bytes where there are any to keep.
fn set_aside_decision(storage: &dyn ResultStorage, name: &ObjectName) -> Result<(), StorageFault> {
    match storage.get(name, DECISION_LIMIT) {
        Ok(None) => Ok(()),
        Ok(Some(object)) if Decision::decode(&object.bytes).is_ok() => Ok(()),
        Ok(Some(object)) => storage.quarantine(name, &object.version()),
        Err(StorageFault::Unavailable(error)) if error.kind() == crate::ErrorKind::Corrupt => {
            storage.remove(name, None).map(|_| ())
        }
        Err(fault) => Err(fault),
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
