//! A grant of this process: renewing it and giving it back, whatever becomes of the replies.

use std::fmt;
use std::sync::Arc;

use event_listener::Event;
use parking_lot::Mutex;

use super::object::{LockObject, Read};
use super::record::LockRecord;
use crate::id::Holder;
use crate::lock::lease::{Renew, Renewal};
use crate::lock::wait;
use crate::storage::{StorageFault, Version};
use crate::{Error, ErrorKind};

/// How often a write is tried that found another version of our own grant than expected.
const ATTEMPTS: usize = 4;

/// A lock that was granted to this process.
pub(super) struct Grant {
    object: LockObject,
    written: Mutex<Written>,
    /// Notified when the lock is given back, or found to be gone.
    pub(super) released: Event,
}

/// What was last written, as far as is known.
struct Written {
    record: LockRecord,
    version: Version,
}

impl Grant {
    /// The grant whose record was just written.
    pub(super) fn new(object: LockObject, record: LockRecord) -> Arc<Self> {
        let version = Version::Content(crate::key::Digest::of(&record.to_bytes()));
        Arc::new(Self { object, written: Mutex::new(Written { record, version }), released: Event::new() })
    }

    /// Whether `record` is of this grant.
    pub(super) fn is(&self, record: &LockRecord) -> bool {
        self.written.lock().record.nonce == record.nonce
    }

    /// Removes the object, if it is this grant's still.
    ///
    /// # Errors
    /// [`ErrorKind::LeaseLost`] if it is not: nothing is removed. Otherwise the storage's; the lock is free when its lease
    /// has run out.
    pub(super) fn give_back(&self, holder: &Holder) -> Result<(), Error> {
        let removed = self.remove(holder);
        self.released.notify(usize::MAX);
        removed
    }

    fn remove(&self, holder: &Holder) -> Result<(), Error> {
        let mut written = self.written.lock();
        for _ in 0..ATTEMPTS {
            match self.object.remove(&written.version) {
                Ok(()) => return Ok(()),
                Err(StorageFault::Unavailable(error)) => return Err(error),
                Err(StorageFault::Precondition) => {
                    if !self.catch_up(&mut written)? {
                        return Err(wait::not_held(self.object.key(), holder));
                    }
                }
                // Whoever has it now, if anybody, got it after it was removed.
                Err(StorageFault::Unknown(_)) => {
                    if !self.catch_up(&mut written)? {
                        return Ok(());
                    }
                }
            }
        }
        Err(self.unsettled())
    }

    /// Reads the object. If it is this grant's still, what is known of it is brought up to date; otherwise says no.
    fn catch_up(&self, written: &mut Written) -> Result<bool, Error> {
        match self.object.read()? {
            Some(Read { record: Some(record), version, .. }) if record.nonce == written.record.nonce => {
                // An attempt whose reply was lost may have been the later one.
                written.record.sequence = written.record.sequence.max(record.sequence);
                written.version = version;
                Ok(true)
            }
            Some(_) | None => Ok(false),
        }
    }

    fn swap_on(&self, written: &mut Written) -> Result<Renewal, Error> {
        for _ in 0..ATTEMPTS {
            // A number of its own for every attempt: what is read again after a lost reply is then known to be this one's.
            written.record.sequence += 1;
            let bytes = written.record.to_bytes();
            let version = Version::Content(crate::key::Digest::of(&bytes));
            let sequence = written.record.sequence;
            match self.object.swap(bytes, &written.version) {
                Ok(()) => {
                    written.version = version;
                    return Ok(Renewal::Kept);
                }
                Err(StorageFault::Unavailable(error)) => return Err(error),
                Err(StorageFault::Precondition) => {
                    if !self.catch_up(written)? {
                        return Ok(Renewal::Gone);
                    }
                }
                Err(StorageFault::Unknown(error)) => match self.object.read()? {
                    Some(Read { record: Some(record), version, .. }) if record.nonce == written.record.nonce => {
                        written.version = version;
                        return if record.sequence == sequence { Ok(Renewal::Kept) } else { Err(error) };
                    }
                    Some(_) | None => return Ok(Renewal::Gone),
                },
            }
        }
        Err(self.unsettled())
    }

    fn unsettled(&self) -> Error {
        Error::new(ErrorKind::Storage, format!("{} does not come to rest", self.object.name()))
    }
}

impl Renew for Grant {
    fn renew(&self) -> Result<Renewal, Error> {
        let renewal = self.swap_on(&mut self.written.lock());
        if let Ok(Renewal::Gone) = renewal {
            self.released.notify(usize::MAX);
        }
        renewal
    }
}

impl fmt::Debug for Grant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Grant").field(&self.written.lock().record).finish()
    }
}
