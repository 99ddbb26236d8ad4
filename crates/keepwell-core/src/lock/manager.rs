//! The contract of lock managers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use event_listener::EventListener;

use super::lease::Lease;
use super::{LockHolder, wait};
use crate::clock::Clock;
use crate::id::Holder;
use crate::key::CacheKey;
use crate::{Error, ErrorKind};

/// Grants each key's lock to one holder at a time.
///
/// An implementation must be callable from any thread. Distinct keys never share a lock, whatever their text. A holder
/// that takes a lock it has already got is granted it again, and one release gives it back. Waiting never takes a lock.
/// A forked child owns nothing.
///
/// Only [`try_acquire`](Self::try_acquire), [`release_lock`](Self::release_lock) and [`holder_of`](Self::holder_of) are
/// asked of an implementation; waiting is built on them once, for blocking callers here and for async ones in the
/// front ends. One whose locks end with a lease has a [`lease_of`](Self::lease_of) them, and the engine heeds its loss. One
/// that can tell what is locked, and take a lock away, implements [`locks`](Self::locks) and
/// [`break_lock`](Self::break_lock).
pub trait LockManager: Send + Sync + fmt::Debug {
    /// Takes the lock if it is free, and does not wait. It is free again `hold_timeout` later, where that is given.
    ///
    /// # Errors
    /// [`ErrorKind::Storage`](crate::ErrorKind::Storage) if the lock manager cannot be reached, and trying again will not
    /// help; nothing is taken.
    fn try_acquire(&self, key: &CacheKey, holder: &Holder, hold_timeout: Option<Duration>) -> Result<Attempt, Error>;

    /// Gives the lock back.
    ///
    /// # Errors
    /// [`ErrorKind::LeaseLost`](crate::ErrorKind::LeaseLost) if `holder` has not got it: nothing is changed.
    fn release_lock(&self, key: &CacheKey, holder: &Holder) -> Result<(), Error>;

    /// Who has the lock, or `None` where it is free.
    ///
    /// # Errors
    /// As [`try_acquire`](Self::try_acquire).
    fn holder_of(&self, key: &CacheKey) -> Result<Option<LockHolder>, Error>;

    /// The clock that deadlines are measured by.
    fn clock(&self) -> &dyn Clock;

    /// Two lock managers with equal names grant the same locks.
    fn name(&self) -> String;

    /// Takes the lock, waiting for it up to `acquire_timeout` (`None`: for ever; zero: not at all). Says whether it was
    /// granted.
    ///
    /// # Errors
    /// As [`try_acquire`](Self::try_acquire); [`ErrorKind::LockTimeout`](crate::ErrorKind::LockTimeout) if the lock manager
    /// could not be reached in all that time.
    fn acquire_lock(
        &self,
        key: &CacheKey,
        holder: &Holder,
        acquire_timeout: Option<Duration>,
        hold_timeout: Option<Duration>,
    ) -> Result<bool, Error> {
        wait::until_granted(self.clock(), acquire_timeout, || self.try_acquire(key, holder, hold_timeout))
            .map(|refused| refused.is_none())
    }

    /// Whether anybody has the lock.
    ///
    /// # Errors
    /// As [`try_acquire`](Self::try_acquire).
    fn is_locked(&self, key: &CacheKey) -> Result<bool, Error> {
        Ok(self.holder_of(key)?.is_some())
    }

    /// Whether `holder` has the lock.
    ///
    /// # Errors
    /// As [`try_acquire`](Self::try_acquire).
    fn is_lock_holder(&self, key: &CacheKey, holder: &Holder) -> Result<bool, Error> {
        Ok(self.holder_of(key)?.is_some_and(|lock| lock.holder == *holder))
    }

    /// Waits until the lock is free, up to `timeout`, without taking it. Says whether it was.
    ///
    /// # Errors
    /// As [`try_acquire`](Self::try_acquire).
    fn wait_for_lock(&self, key: &CacheKey, timeout: Option<Duration>) -> Result<bool, Error>;

    /// The lease by which `holder` has the lock; `None` where it has not got it, and where such a lock does not end before
    /// it is released, or its process dies.
    fn lease_of(&self, _key: &CacheKey, _holder: &Holder) -> Option<Arc<Lease>> {
        None
    }

    /// Every lock that is held, in no order.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] if the lock manager cannot tell; otherwise as [`try_acquire`](Self::try_acquire).
    fn locks(&self) -> Result<Vec<(CacheKey, LockHolder)>, Error> {
        Err(Error::new(ErrorKind::Unsupported, format!("the lock manager ({}) cannot list its locks", self.name())))
    }

    /// Takes the lock away from its holder, whoever that is, and says from whom; `None` if it was free. The holder finds
    /// that it has lost it when it next renews or releases it.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] if the lock manager cannot take this lock away: nothing is changed. Otherwise as
    /// [`try_acquire`](Self::try_acquire).
    fn break_lock(&self, _key: &CacheKey) -> Result<Option<LockHolder>, Error> {
        Err(Error::new(ErrorKind::Unsupported, format!("the lock manager ({}) cannot break a lock", self.name())))
    }

    /// Whether asking it may take as long as a round trip to another machine, so that an async caller must not do it on its
    /// event loop.
    fn is_remote(&self) -> bool {
        false
    }
}

/// What came of an attempt to take a lock.
#[derive(Debug)]
pub enum Attempt {
    /// The caller has it.
    Granted,
    /// Somebody else has it.
    Held {
        /// Who.
        by: LockHolder,
        /// When trying again is worth it.
        wake: Wake,
    },
    /// The lock manager could not be asked, which may pass. Nothing is taken.
    Unreachable {
        /// Why.
        cause: Error,
        /// When trying again is worth it.
        wake: Wake,
    },
}

/// When trying again for a lock is worth it.
#[derive(Debug)]
pub enum Wake {
    /// When this is notified. It listens since before the attempt, so no release is missed.
    Signal(EventListener),
    /// After this time.
    After(Duration),
}
