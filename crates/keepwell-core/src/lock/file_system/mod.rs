//! Locks between the processes of one machine: `flock` on a file for each key.
//!
//! ```text
//! <key>.lock          is there while the key is locked, and says by whom
//! .shards/<00..ff>    short locks around looking at such a file, taking it and removing it
//! ```
//!
//! A key is locked while its holder has `flock` on its file. The kernel drops it with the process, so a dead holder blocks
//! nobody. The file is removed by its holder alone, before it gives the lock back; whoever took it meanwhile finds that it
//! has no name any more and opens the next one.

mod files;
mod held;
mod note;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use self::files::{Files, Taken};
use self::held::{Held, Table};
use super::{Attempt, LockHolder, LockManager, Wake, wait};
use crate::clock::{self, Clock};
use crate::id::Holder;
use crate::key::CacheKey;
use crate::random::random_u128;
use crate::{Error, ErrorKind};

/// How long to wait before another look at a lock of another process; up to twice as long, so that many that wait do not
/// come at once.
const POLL: Duration = Duration::from_millis(5);

/// Grants locks to the processes of one machine by files in a folder, made when it is first needed.
///
/// A lock with a hold timeout is given back by its own process when its time is over, so one that is stopped keeps it. A
/// forked child owns nothing: it closes what it inherited when it first asks for a lock, or in [`leave_parents_locks`].
#[derive(Clone, Debug)]
pub struct FileSystemLockManager {
    files: Arc<Files>,
    table: Arc<Table>,
}

/// Closes the lock files that this process has inherited by a fork, so that they do not outlive their holder here.
pub fn leave_parents_locks() {
    held::leave_parents_locks();
}

impl FileSystemLockManager {
    /// The locks in this folder. A relative path is taken from the current folder, once. Nothing is written yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let given = folder.into();
        // Without a current folder a relative path stays as it is, and the first operation fails.
        let path = std::path::absolute(&given).unwrap_or(given);
        let table = Table::of_folder(&path);
        Self { files: Arc::new(Files::new(path)), table }
    }

    /// Where the lock files are.
    pub fn path(&self) -> &Path {
        self.files.path()
    }

    /// Who has the lock, and when another look is worth it.
    fn look(&self, key: &CacheKey) -> Result<Attempt, Error> {
        if let Some(refusal) = self.table.look(key, None) {
            return Ok(refusal);
        }
        Ok(self.files.look(key)?.map_or(Attempt::Granted, |by| Attempt::Held { by, wake: later() }))
    }
}

impl LockManager for FileSystemLockManager {
    fn try_acquire(&self, key: &CacheKey, holder: &Holder, hold_timeout: Option<Duration>) -> Result<Attempt, Error> {
        if let Some(decided) = self.table.look(key, Some(holder)) {
            return Ok(decided);
        }
        match self.files.take(key, holder)? {
            Taken::ByUs(file) => {
                self.table.put(key, Held::new(file, holder.clone(), hold_timeout), &self.files);
                Ok(Attempt::Granted)
            }
            // Another thread of this process may have been faster; then it is known here, and its release is a signal.
            Taken::By(by) => {
                Ok(self.table.look(key, Some(holder)).unwrap_or_else(|| Attempt::Held { by, wake: later() }))
            }
        }
    }

    fn release_lock(&self, key: &CacheKey, holder: &Holder) -> Result<(), Error> {
        match self.table.remove(key, holder) {
            Some(held) => {
                self.files.give_back(key, held);
                Ok(())
            }
            None => Err(wait::not_held(key, holder)),
        }
    }

    fn holder_of(&self, key: &CacheKey) -> Result<Option<LockHolder>, Error> {
        match self.look(key)? {
            Attempt::Granted => Ok(None),
            Attempt::Held { by, wake: _ } => Ok(Some(by)),
            Attempt::Unreachable { cause, wake: _ } => Err(cause),
        }
    }

    fn clock(&self) -> &dyn Clock {
        &**clock::of_process()
    }

    fn name(&self) -> String {
        format!("files in {}", self.path().display())
    }

    fn wait_for_lock(&self, key: &CacheKey, timeout: Option<Duration>) -> Result<bool, Error> {
        wait::until_granted(self.clock(), timeout, || self.look(key)).map(|held| held.is_none())
    }

    fn locks(&self) -> Result<Vec<(CacheKey, LockHolder)>, Error> {
        let mut locks = Vec::new();
        for key in self.files.keys()? {
            locks.extend(self.holder_of(&key)?.map(|holder| (key, holder)));
        }
        Ok(locks)
    }

    /// A lock of this process is given back in its holder's place. One of another process ends with that process and not
    /// before: taking its file away would let two have the lock.
    fn break_lock(&self, key: &CacheKey) -> Result<Option<LockHolder>, Error> {
        if let Some((broken, held)) = self.table.take_away(key) {
            self.files.give_back(key, held);
            return Ok(Some(broken));
        }
        match self.holder_of(key)? {
            None => Ok(None),
            Some(by) => Err(Error::new(
                ErrorKind::Unsupported,
                format!("the lock for key `{key}` cannot be broken while its holder lives: it is held by {by}"),
            )
            .with_hint(format!("stop process {}, and the lock is free at once", by.process))),
        }
    }
}

fn later() -> Wake {
    let share = u32::try_from(random_u128() % 1024).expect("it is below 1024");
    Wake::After(POLL + POLL * share / 1024)
}
