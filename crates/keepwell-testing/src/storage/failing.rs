//! A storage that fails in a chosen way: once, at a chosen operation, or for a while.

use bytes::Bytes;
use keepwell_core::record::StoreId;
use keepwell_core::storage::{
    Durability, FileIdentity, Object, ObjectKind, ObjectName, ResultStorage, StorageFault, Version,
};
use keepwell_core::{Error, ErrorKind};
use parking_lot::Mutex;

use super::gated::gated_storage;

/// How an operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It is not done, and says so.
    Unavailable,
    /// It is not done, but cannot say so.
    UnknownBefore,
    /// It is done, but cannot say so.
    UnknownAfter,
}

/// Wraps a storage and lets its operations fail, one or all of them; a reading one is always [`StorageFault::Unavailable`].
#[derive(Debug)]
pub struct FailingStorage<S> {
    storage: S,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    operations: u64,
    planned: Option<(u64, Failure)>,
    lasting: Option<Failure>,
}

impl<S: ResultStorage> FailingStorage<S> {
    /// The storage, with no failure planned.
    pub fn new(storage: S) -> Self {
        Self { storage, state: Mutex::default() }
    }

    /// Lets the operation fail that is the `nth` from now, the next being the first, and no other.
    pub fn fail(&self, nth: u64, failure: Failure) {
        let mut state = self.state.lock();
        state.planned = Some((state.operations + nth, failure));
    }

    /// Lets every operation fail from now on, or none any more.
    pub fn fail_on(&self, failure: Option<Failure>) {
        self.state.lock().lasting = failure;
    }

    /// How many operations there were, failed ones included.
    pub fn operations(&self) -> u64 {
        self.state.lock().operations
    }

    /// The storage without the failures.
    pub fn inner(&self) -> &S {
        &self.storage
    }

    fn next(&self) -> Option<Failure> {
        let mut state = self.state.lock();
        state.operations += 1;
        let operation = state.operations;
        state.planned.take_if(|(nth, _)| *nth == operation).map(|(_, failure)| failure).or(state.lasting)
    }

    fn reading<T>(&self, read: impl FnOnce() -> Result<T, StorageFault>) -> Result<T, StorageFault> {
        match self.next() {
            Some(_) => Err(StorageFault::Unavailable(planned())),
            None => read(),
        }
    }

    fn writing<T>(&self, write: impl FnOnce() -> Result<T, StorageFault>) -> Result<T, StorageFault> {
        match self.next() {
            None => write(),
            Some(Failure::Unavailable) => Err(StorageFault::Unavailable(planned())),
            Some(Failure::UnknownBefore) => Err(StorageFault::Unknown(planned())),
            Some(Failure::UnknownAfter) => {
                // Whether it was refused is what the caller is not told.
                let _ = write();
                Err(StorageFault::Unknown(planned()))
            }
        }
    }
}

fn planned() -> Error {
    Error::new(ErrorKind::Storage, "the storage failed because a test planned it")
}

gated_storage!(FailingStorage);
