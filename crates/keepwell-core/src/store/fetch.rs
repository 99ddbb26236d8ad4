//! Reading from a storage: a failure that may pass is tried again, and what cannot be what was written is told from it.

use std::time::Duration;

use super::ResultStore;
use crate::id::WriteId;
use crate::storage::{Object, ObjectName, ResultStorage, StorageFault, Version};
use crate::{Error, ErrorKind};

/// How often a failed operation is tried again.
const RETRIES: u32 = 2;

/// What is at a name.
#[derive(Debug)]
pub(super) enum Fetched {
    /// Nothing.
    Absent,
    /// An object.
    Object(Object),
    /// Something that nobody wrote through the storage: larger than it may be, or no object at all. Only an unconditional
    /// write replaces it.
    Impossible(Error),
}

impl Fetched {
    /// Whether it is an object of these bytes.
    pub(super) fn is(&self, bytes: &[u8]) -> bool {
        matches!(self, Self::Object(object) if object.bytes == bytes)
    }
}

impl Fetched {
    /// Whether the two are the same object, or neither is one for the same reason.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Absent, Self::Absent) | (Self::Impossible(_), Self::Impossible(_)) => true,
            (Self::Object(_), Self::Object(other)) => self.is(&other.bytes),
            (Self::Absent | Self::Object(_) | Self::Impossible(_), _) => false,
        }
    }

    /// What a conditional write compares; `None` where there is nothing that could be compared.
    pub(super) fn version(&self) -> Option<Version> {
        match self {
            Self::Absent | Self::Impossible(_) => None,
            Self::Object(object) => Some(object.version()),
        }
    }
}

impl ResultStore {
    /// Reads what is at a name, if it has at most `limit` bytes.
    pub(super) fn fetch(&self, storage: &dyn ResultStorage, name: &ObjectName, limit: u64) -> Result<Fetched, Error> {
        Self::fetched(self.retrying(|| storage.get(name, limit)))
    }

    /// [`fetch`](Self::fetch) of a payload, which is mapped if the store maps them.
    pub(super) fn fetch_payload(
        &self,
        storage: &dyn ResultStorage,
        name: &ObjectName,
        limit: u64,
    ) -> Result<Fetched, Error> {
        if self.options().maps_payloads {
            Self::fetched(self.retrying(|| storage.map(name, limit)))
        } else {
            self.fetch(storage, name, limit)
        }
    }

    fn fetched(outcome: Result<Option<Object>, Error>) -> Result<Fetched, Error> {
        match outcome {
            Ok(Some(object)) => Ok(Fetched::Object(object)),
            Ok(None) => Ok(Fetched::Absent),
            Err(error) if error.kind() == ErrorKind::Corrupt => Ok(Fetched::Impossible(error)),
            Err(error) => Err(error),
        }
    }

    /// Does what may be done more than once, and does it again where the storage failed in a way that may pass.
    pub(super) fn retrying<T>(&self, attempt: impl Fn() -> Result<T, StorageFault>) -> Result<T, Error> {
        for _ in 0..RETRIES {
            match attempt() {
                Err(fault) if may_pass(&fault) => self.pause(),
                outcome => return outcome.map_err(failure),
            }
        }
        attempt().map_err(failure)
    }

    /// Half a millisecond and up to two more, so that callers who failed together do not come back together.
    pub(super) fn pause(&self) {
        let jitter = WriteId::new().to_bytes()[0];
        self.clock().sleep(Duration::from_micros(500 + 8 * u64::from(jitter)));
    }
}

fn may_pass(fault: &StorageFault) -> bool {
    match fault {
        StorageFault::Unavailable(error) => error.kind() == ErrorKind::Storage,
        StorageFault::Unknown(_) => true,
        StorageFault::Precondition => false,
    }
}

/// A storage's failure as an error.
pub(super) fn failure(fault: StorageFault) -> Error {
    match fault {
        StorageFault::Unavailable(error) | StorageFault::Unknown(error) => error,
        StorageFault::Precondition => Error::new(ErrorKind::Storage, "the object was changed by somebody else"),
    }
}
