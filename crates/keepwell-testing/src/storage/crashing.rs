//! A storage whose process dies at a chosen write.

use bytes::Bytes;
use keepwell_core::record::StoreId;
use keepwell_core::storage::{
    Durability, FileIdentity, Object, ObjectKind, ObjectName, ResultStorage, StorageFault, Version,
};
use keepwell_core::{Error, ErrorKind};
use parking_lot::Mutex;

use super::gated::gated_storage;

/// Wraps a storage and takes no effect any more from a chosen write on, as if the process had died before it: every
/// operation is [`StorageFault::Unavailable`] until [`reboot`](Self::reboot), and what was written before stays.
#[derive(Debug)]
pub struct CrashingStorage<S> {
    storage: S,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    writes: u64,
    last: Option<u64>,
    is_dead: bool,
}

impl<S: ResultStorage> CrashingStorage<S> {
    /// The storage, with no crash planned.
    pub fn new(storage: S) -> Self {
        Self { storage, state: Mutex::default() }
    }

    /// Lets the process die at the write that is the `nth` from now, the next being the first.
    pub fn crash_at(&self, nth: u64) {
        let mut state = self.state.lock();
        state.last = Some(state.writes + nth);
    }

    /// Starts anew on what was written before the crash, with no crash planned.
    pub fn reboot(&self) {
        let mut state = self.state.lock();
        (state.is_dead, state.last) = (false, None);
    }

    /// Whether the process is dead.
    pub fn has_crashed(&self) -> bool {
        self.state.lock().is_dead
    }

    /// How many writes there were, without those of the dead process: a test that crashes at each of them in turn
    /// knows where to stop.
    pub fn writes(&self) -> u64 {
        self.state.lock().writes
    }

    /// The storage without the crashes.
    pub fn inner(&self) -> &S {
        &self.storage
    }

    fn reading<T>(&self, read: impl FnOnce() -> Result<T, StorageFault>) -> Result<T, StorageFault> {
        if self.has_crashed() { Err(dead()) } else { read() }
    }

    fn writing<T>(&self, write: impl FnOnce() -> Result<T, StorageFault>) -> Result<T, StorageFault> {
        if self.dies_now() { Err(dead()) } else { write() }
    }

    fn dies_now(&self) -> bool {
        let mut state = self.state.lock();
        if !state.is_dead {
            state.is_dead = state.last == Some(state.writes + 1);
            state.writes += u64::from(!state.is_dead);
        }
        state.is_dead
    }
}

fn dead() -> StorageFault {
    StorageFault::Unavailable(Error::new(ErrorKind::Storage, "the process is dead because a test planned it"))
}

gated_storage!(CrashingStorage);
