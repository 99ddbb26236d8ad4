//! One object that a commit replaces: what it was, what it becomes, and the way back.

use bytes::Bytes;

use super::ResultStore;
use super::fetch::Fetched;
use crate::storage::{Durability, ObjectName, ResultStorage, StorageFault};
use crate::{Error, ErrorKind};

/// One object that a commit replaces.
#[derive(Debug)]
pub(super) struct Replacement<'a> {
    pub(super) store: &'a ResultStore,
    pub(super) storage: &'a dyn ResultStorage,
    pub(super) name: &'a ObjectName,
    /// The most bytes that what was there may have.
    pub(super) limit: u64,
    pub(super) before: Fetched,
    pub(super) after: Bytes,
    pub(super) durability: Durability,
    /// Whether it may have been written.
    pub(super) is_touched: bool,
}

/// Why an object is not the new one.
#[derive(Debug)]
pub(super) enum NotReplaced {
    /// Somebody else wrote it first.
    Outrun,
    /// It could not be written; [`ErrorKind::CommitUnknown`] where not even that is certain.
    Failed(Error),
}

impl Replacement<'_> {
    /// Writes the object if it is still what it was. Something that is no object is replaced without a condition.
    pub(super) fn swap(&mut self) -> Result<(), NotReplaced> {
        let after = self.after.clone();
        let outcome = match &self.before {
            Fetched::Absent => self.storage.create(self.name, after, self.durability),
            Fetched::Object(object) => self.storage.swap(self.name, after, &object.version(), self.durability),
            Fetched::Impossible(_) => self.storage.put(self.name, after, self.durability),
        };
        self.note(outcome)
    }

    /// Writes the object whatever it is.
    pub(super) fn put(&mut self) -> Result<(), NotReplaced> {
        let outcome = self.storage.put(self.name, self.after.clone(), self.durability);
        self.note(outcome)
    }

    /// Makes the object what it was, unless it is not ours (any more). Something that was no object becomes nothing.
    ///
    /// Where this fails nobody knows which of the two the object is.
    pub(super) fn put_back(&self) -> Result<(), Error> {
        if !self.is_touched {
            return Ok(());
        }
        self.store.retrying(|| self.try_to_put_back())
    }

    fn note(&mut self, outcome: Result<(), StorageFault>) -> Result<(), NotReplaced> {
        match outcome {
            Err(StorageFault::Precondition) => Err(NotReplaced::Outrun),
            Err(StorageFault::Unavailable(error)) => Err(NotReplaced::Failed(error)),
            Err(StorageFault::Unknown(error)) => self.resolve(error).map_err(NotReplaced::Failed),
            Ok(()) => {
                self.is_touched = true;
                Ok(())
            }
        }
    }

    /// Learns what became of a write that the storage itself cannot tell of: no two writes of a head are alike.
    fn resolve(&mut self, error: Error) -> Result<(), Error> {
        let now = self.store.fetch(self.storage, self.name, self.limit);
        self.is_touched = !now.as_ref().is_ok_and(|now| self.is_before(now));
        match now {
            Ok(now) if now.is(&self.after) => Ok(()),
            Ok(_) | Err(_) if self.is_touched => Err(self.unknown(error)),
            Ok(_) | Err(_) => Err(error),
        }
    }

    fn is_before(&self, now: &Fetched) -> bool {
        match &self.before {
            Fetched::Absent => matches!(now, Fetched::Absent),
            Fetched::Object(object) => now.is(&object.bytes),
            Fetched::Impossible(_) => matches!(now, Fetched::Impossible(_)),
        }
    }

    fn unknown(&self, cause: Error) -> Error {
        let message = format!("nobody can tell whether {} was written to {}", self.name, self.storage.location());
        Error::new(ErrorKind::CommitUnknown, message).with_source(cause)
    }

    fn try_to_put_back(&self) -> Result<(), StorageFault> {
        let ours = match self.storage.get(self.name, self.limit.max(self.after.len() as u64)) {
            Ok(Some(object)) if object.bytes == self.after => object.version(),
            Ok(_) => return Ok(()),
            Err(StorageFault::Unavailable(error)) if error.kind() == ErrorKind::Corrupt => return Ok(()),
            Err(fault) => return Err(fault),
        };
        let outcome = match &self.before {
            Fetched::Object(object) => self.storage.swap(self.name, object.bytes.clone(), &ours, self.durability),
            Fetched::Absent | Fetched::Impossible(_) => self.storage.remove(self.name, Some(&ours)).map(|_| ()),
        };
        match outcome {
            // Somebody else's record is there by now.
            Err(StorageFault::Precondition) => Ok(()),
            outcome => outcome,
        }
    }
}

impl NotReplaced {
    /// The error that this is where nothing more is tried.
    pub(super) fn into_error(self, name: &ObjectName) -> Error {
        match self {
            Self::Failed(error) => error,
            Self::Outrun => {
                let message = format!("{name} was changed by others each time it was being written");
                Error::new(ErrorKind::Storage, message)
                    .with_hint("let one run write at a time: use the isolation level SERIALIZABLE")
            }
        }
    }
}
