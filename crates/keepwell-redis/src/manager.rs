//! The lock manager itself.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use keepwell_core::clock::{self, Clock};
use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::lease::{Lease, LeaseTerms};
use keepwell_core::lock::{Attempt, LockHolder, LockManager, not_held, until_granted};
use keepwell_core::{Error, settings};

use crate::asking::{self, Asking};
use crate::failure::Failure;
use crate::of_process::OfProcess;
use crate::options::RedisOptions;
use crate::{inventory, scripts};

/// How long the last question of a wait may take beyond its deadline.
const LAST_WORD: Duration = Duration::from_millis(100);

/// Grants locks to processes wherever they run, by one Redis server that all of them reach.
///
/// A lock is granted for the time of a lease, and renewed by this process while it is held; so whoever dies frees it when
/// the lease has run out. Nothing is opened before the first lock is asked for. A forked child has none of its parent's
/// locks or connections.
///
/// While the server cannot be reached, leases run out and nobody is granted a lock; a wait ends at its deadline with
/// [`ErrorKind::LockTimeout`](keepwell_core::ErrorKind::LockTimeout), whose cause says why.
#[derive(Clone, Debug)]
pub struct RedisLockManager {
    options: RedisOptions,
    terms: Option<LeaseTerms>,
    asking: Arc<OfProcess<Asking>>,
}

impl RedisLockManager {
    /// The locks in the server that the options name.
    pub fn new(options: RedisOptions) -> Self {
        let asking = asking::of_options(&options);
        Self { options, terms: None, asking }
    }

    /// The locks in the server at a URL.
    ///
    /// # Errors
    /// As [`RedisOptions::of_url`].
    pub fn at(url: &str) -> Result<Self, Error> {
        RedisOptions::of_url(url).map(Self::new)
    }

    /// Grants on these terms instead of those of the settings.
    #[must_use]
    pub fn with_terms(mut self, terms: LeaseTerms) -> Self {
        self.terms = Some(terms);
        self
    }

    fn asking(&self) -> &Arc<Asking> {
        self.asking.get(|| Asking::new(&self.options))
    }

    fn terms(&self) -> Result<LeaseTerms, Error> {
        match self.terms {
            Some(terms) => Ok(terms),
            None => LeaseTerms::of_settings(&settings::current()?.locks),
        }
    }

    fn attempt(
        &self,
        key: &CacheKey,
        holder: &Holder,
        hold_timeout: Option<Duration>,
        patience: Duration,
    ) -> Result<Attempt, Error> {
        let asking = self.asking();
        match asking.table.look(key, holder) {
            Some(decided) => Ok(decided),
            None => {
                let owner = asking.table.owner(key, holder);
                asking.take(key, owner, self.terms()?, hold_timeout, patience)
            }
        }
    }

    /// How long the next of several questions may take that together have this deadline. Where it is not to be waited at all
    /// an answer is needed all the same, and so it is at the end, which tells who has the lock.
    fn patience<'a>(&'a self, timeout: Option<Duration>) -> impl Fn() -> Duration + 'a {
        let start = self.clock().monotonic();
        move || {
            let longest = self.options.longest_answer();
            let Some(timeout) = timeout.filter(|timeout| !timeout.is_zero()) else { return longest };
            let left = timeout.saturating_sub(self.clock().monotonic().saturating_sub(start));
            left.max(LAST_WORD).min(longest)
        }
    }
}

impl LockManager for RedisLockManager {
    fn try_acquire(&self, key: &CacheKey, holder: &Holder, hold_timeout: Option<Duration>) -> Result<Attempt, Error> {
        self.attempt(key, holder, hold_timeout, self.options.longest_answer())
    }

    fn release_lock(&self, key: &CacheKey, holder: &Holder) -> Result<(), Error> {
        let asking = self.asking();
        let held = asking.table.remove(key, holder).ok_or_else(|| not_held(key, holder))?;
        let names = asking.names(key);
        let asked = Cell::new(0);
        let released = asking.connections.ask(self.options.longest_answer(), |connection| {
            asked.set(asked.get() + 1);
            scripts::release(connection, &names.lock, held.nonce(), &names.channel)
        });
        held.end();
        match released.map_err(Failure::into_error)? {
            true => Ok(()),
            // It was this process's as far as anybody knows, and the answer to the first question got lost.
            false if asked.get() > 1 => Ok(()),
            false => Err(not_held(key, holder)),
        }
    }

    fn holder_of(&self, key: &CacheKey) -> Result<Option<LockHolder>, Error> {
        let asking = self.asking();
        let name = asking.names(key).lock;
        let answer =
            asking.connections.ask(self.options.longest_answer(), |connection| scripts::look(connection, &name));
        Ok(answer.map_err(Failure::into_error)?.map(|note| note.0))
    }

    fn clock(&self) -> &dyn Clock {
        &**clock::of_process()
    }

    fn name(&self) -> String {
        self.options.to_string()
    }

    fn acquire_lock(
        &self,
        key: &CacheKey,
        holder: &Holder,
        acquire_timeout: Option<Duration>,
        hold_timeout: Option<Duration>,
    ) -> Result<bool, Error> {
        let patience = self.patience(acquire_timeout);
        until_granted(self.clock(), acquire_timeout, || self.attempt(key, holder, hold_timeout, patience()))
            .map(|refused| refused.is_none())
    }

    fn wait_for_lock(&self, key: &CacheKey, timeout: Option<Duration>) -> Result<bool, Error> {
        let patience = self.patience(timeout);
        until_granted(self.clock(), timeout, || self.asking().look(key, patience())).map(|held| held.is_none())
    }

    fn lease_of(&self, key: &CacheKey, holder: &Holder) -> Option<Arc<Lease>> {
        self.asking().table.lease_of(key, holder)
    }

    fn locks(&self) -> Result<Vec<(CacheKey, LockHolder)>, Error> {
        inventory::locks(self.asking())
    }

    fn break_lock(&self, key: &CacheKey) -> Result<Option<LockHolder>, Error> {
        let asking = self.asking();
        let names = asking.names(key);
        let question = |connection: &mut _| scripts::break_up(connection, &names.lock, &names.channel);
        let broken = asking.connections.ask(self.options.longest_answer(), question).map_err(Failure::into_error)?;
        Ok(broken.map(|note| note.0))
    }

    fn is_remote(&self) -> bool {
        true
    }
}
