//! The locks that this process has, each an open file. Those whose time is limited are given back by a thread that lives
//! as long as there is one.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Weak};
use std::thread::{self, Thread};
use std::time::Duration;

use event_listener::Event;
use parking_lot::Mutex;
use rustix::fs::FlockOperation;

use super::files::Files;
use crate::id::Holder;
use crate::key::CacheKey;
use crate::lock::{Attempt, LockHolder, Wake};
use crate::{clock, fork};

/// The tables of this process: one for each folder, so that two managers of one folder know each other's locks.
static TABLES: LazyLock<Mutex<HashMap<PathBuf, Weak<Table>>>> = LazyLock::new(Mutex::default);

/// The locks in one folder that this process has.
#[derive(Debug)]
pub(super) struct Table {
    locks: Mutex<Locks>,
}

#[derive(Debug)]
struct Locks {
    process: u32,
    by_key: HashMap<CacheKey, Held>,
    /// The thread that gives back what is over. It passes the gate of forks whenever it does anything but wait, since a child
    /// uses this table, too.
    watcher: Option<Thread>,
}

/// A lock that this process has.
#[derive(Debug)]
pub(super) struct Held {
    file: File,
    holder: Holder,
    since: Duration,
    until: Option<Duration>,
    released: Event,
}

/// Closes what this process inherited by a fork. What another thread of the parent was just using is left to the next use.
pub(super) fn leave_parents_locks() {
    let Some(tables) = TABLES.try_lock() else { return };
    for table in tables.values().filter_map(Weak::upgrade) {
        if let Some(mut locks) = table.locks.try_lock() {
            locks.leave_parents();
        }
    }
}

impl Table {
    /// The table of the folder at this path.
    pub(super) fn of_folder(path: &Path) -> Arc<Self> {
        let mut tables = TABLES.lock();
        if let Some(table) = tables.get(path).and_then(Weak::upgrade) {
            return table;
        }
        let locks = Locks { process: std::process::id(), by_key: HashMap::new(), watcher: None };
        let table = Arc::new(Self { locks: Mutex::new(locks) });
        tables.retain(|_, table| table.strong_count() > 0);
        tables.insert(path.to_owned(), Arc::downgrade(&table));
        table
    }

    /// What this process knows of the key's lock: that `holder` has it, or somebody else; `None` where it has none.
    pub(super) fn look(&self, key: &CacheKey, holder: Option<&Holder>) -> Option<Attempt> {
        let now = clock::of_process().monotonic();
        let mut locks = self.locks.lock();
        locks.leave_parents();
        let held = locks.by_key.get(key).filter(|held| !held.is_over(now))?;
        if holder == Some(&held.holder) {
            return Some(Attempt::Granted);
        }
        Some(Attempt::Held { by: held.describe(now), wake: Wake::Signal(held.released.listen()) })
    }

    /// Adds a lock, in the place of one of the same key that was over and whose file is taken from it by that.
    pub(super) fn put(self: &Arc<Self>, key: &CacheKey, held: Held, files: &Arc<Files>) {
        let mut locks = self.locks.lock();
        let is_limited = held.until.is_some();
        locks.by_key.insert(key.clone(), held);
        if !is_limited {
            return;
        }
        if let Some(watcher) = &locks.watcher {
            watcher.unpark();
        } else {
            let (table, files) = (Arc::clone(self), Arc::clone(files));
            let watcher = thread::spawn(move || {
                while let Some(time) = fork::inside(|| table.give_back_what_is_over(&files)) {
                    thread::park_timeout(time);
                }
            });
            locks.watcher = Some(watcher.thread().clone());
        }
    }

    /// Takes out the lock if `holder` has it still.
    pub(super) fn remove(&self, key: &CacheKey, holder: &Holder) -> Option<Held> {
        let now = clock::of_process().monotonic();
        let mut locks = self.locks.lock();
        locks.leave_parents();
        let is_theirs = locks.by_key.get(key).is_some_and(|held| held.holder == *holder && !held.is_over(now));
        if is_theirs { locks.by_key.remove(key) } else { None }
    }

    /// Takes out the lock whoever has it.
    pub(super) fn take_away(&self, key: &CacheKey) -> Option<(LockHolder, Held)> {
        let now = clock::of_process().monotonic();
        let mut locks = self.locks.lock();
        locks.leave_parents();
        let held = locks.by_key.remove(key)?;
        Some((held.describe(now), held))
    }

    /// Gives back what is over, and says when to look again; `None` if no lock is left whose time is limited.
    fn give_back_what_is_over(&self, files: &Files) -> Option<Duration> {
        let mut locks = self.locks.lock();
        loop {
            let now = clock::of_process().monotonic();
            let over: Vec<_> = locks.by_key.extract_if(|_, held| held.is_over(now)).collect();
            if over.is_empty() {
                let next = locks.by_key.values().filter_map(|held| held.until).min();
                if next.is_none() {
                    locks.watcher = None;
                }
                return next.map(|next| next.saturating_sub(now));
            }
            parking_lot::MutexGuard::unlocked(&mut locks, || {
                over.into_iter().for_each(|(key, held)| files.give_back(&key, held));
            });
        }
    }
}

impl Locks {
    /// A forked child owns nothing. It closes its parent's files and unlocks none: that would take the lock from the parent.
    fn leave_parents(&mut self) {
        let process = std::process::id();
        if self.process != process {
            self.process = process;
            self.by_key.clear();
            self.watcher = None;
        }
    }
}

impl Held {
    pub(super) fn new(file: File, holder: Holder, hold_timeout: Option<Duration>) -> Self {
        let since = clock::of_process().monotonic();
        let until = hold_timeout.and_then(|timeout| since.checked_add(timeout));
        Self { file, holder, since, until, released: Event::new() }
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Gives the lock back and wakes who waits for it in this process.
    pub(super) fn unlock(self) {
        // Closing alone would leave the lock with a child that was forked meanwhile. A failure is made good by the closing.
        let _ = rustix::fs::flock(&self.file, FlockOperation::Unlock);
        drop(self.file);
        self.released.notify(usize::MAX);
    }

    fn is_over(&self, now: Duration) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    fn describe(&self, now: Duration) -> LockHolder {
        LockHolder {
            expires_in: self.until.map(|until| until.saturating_sub(now)),
            ..LockHolder::here(self.holder.clone(), now.saturating_sub(self.since))
        }
    }
}
