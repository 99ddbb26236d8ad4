//! The lock files: looking at one, taking it, giving it back. Each is done under the short lock of its shard, so nobody
//! mistakes a look for a holder or reads half a note.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::held::Held;
use super::note;
use crate::id::Holder;
use crate::key::CacheKey;
use crate::lock::LockHolder;
use crate::mistake::{self, Mistake};
use crate::storage::{ShardLocks, file_name, key_of_file_name};
use crate::{Error, ErrorKind};

/// Cut by the umask: a lock file holds nothing that is secret, and users may share locks.
const FILE_MODE: Mode = Mode::from_raw_mode(0o666);
const FOLDER_MODE: u32 = 0o777;
const SUFFIX: &str = ".lock";
/// The folder of the short locks. No key's file begins with a dot.
const SHARDS: &str = ".shards";

/// The lock files in a folder.
#[derive(Debug)]
pub(super) struct Files {
    path: PathBuf,
    shards: Mutex<Option<Arc<ShardLocks>>>,
}

/// What came of taking a lock file.
pub(super) enum Taken {
    /// This open file holds the lock.
    ByUs(File),
    /// Somebody else's does.
    By(LockHolder),
}

impl Files {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, shards: Mutex::default() }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the key's file if nobody has it, and notes the holder in it.
    pub(super) fn take(&self, key: &CacheKey, holder: &Holder) -> Result<Taken, Error> {
        let name = name(key);
        let taken = self.shard_locks().and_then(|shards| {
            let _short = shards.lock(&name)?;
            let file = self.open(&name, OFlags::RDWR | OFlags::CREATE)?;
            if !try_flock(&file)? && !mistake::is_planted(Mistake::LockGrantedUnseen) {
                return Ok(Taken::By(note::read(&file)));
            }
            note::write(&file, key, holder)?;
            Ok(Taken::ByUs(file))
        });
        taken.map_err(|cause| self.cannot("take", &name, cause))
    }

    /// Who has the key's file, if anybody.
    pub(super) fn look(&self, key: &CacheKey) -> Result<Option<LockHolder>, Error> {
        let name = name(key);
        self.try_to_look(&name).map_err(|cause| self.cannot("look at", &name, cause))
    }

    /// The keys of all lock files, whether or not they are held.
    pub(super) fn keys(&self) -> Result<Vec<CacheKey>, Error> {
        let unreadable =
            |cause| Error::new(ErrorKind::Storage, format!("cannot list `{}`", self.path.display())).with_source(cause);
        let entries = match std::fs::read_dir(&self.path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(unreadable)?,
        };
        let mut keys = Vec::new();
        for entry in entries {
            let name = entry.map_err(unreadable)?.file_name();
            keys.extend(name.to_str().and_then(|name| self.key_of(name)));
        }
        Ok(keys)
    }

    /// The key whose lock file this is. A name that is cut does not say; then the file itself does.
    fn key_of(&self, name: &str) -> Option<CacheKey> {
        let stem = name.strip_suffix(SUFFIX)?;
        let whole = || note::key_in(&self.open_present(name).ok()??);
        key_of_file_name(stem).or_else(whole).filter(|key| file_name(key.as_str()) == stem)
    }

    fn try_to_look(&self, name: &str) -> io::Result<Option<LockHolder>> {
        // Most keys are not locked, and then there is no file.
        if self.open_present(name)?.is_none() {
            return Ok(None);
        }
        let shards = self.shard_locks()?;
        let _short = shards.lock(name)?;
        let Some(file) = self.open_present(name)? else { return Ok(None) };
        Ok((!try_flock(&file)?).then(|| note::read(&file)))
    }

    /// Removes the key's file, whose lock is `held`, and gives the lock back. A file that cannot be removed stays, and
    /// blocks nobody.
    pub(super) fn give_back(&self, key: &CacheKey, held: Held) {
        let name = name(key);
        // The lock is what counts. A name that stays is taken again like any other.
        let _ = self.remove(&name, held.file());
        held.unlock();
    }

    /// Removes the name, if it is still this file's: somebody may have removed it, and others taken a new one.
    fn remove(&self, name: &str, file: &File) -> io::Result<()> {
        let shards = self.shard_locks()?;
        let _short = shards.lock(name)?;
        let path = self.path.join(name);
        let (ours, named) = (rustix::fs::fstat(file)?, rustix::fs::lstat(&path)?);
        if (ours.st_dev, ours.st_ino) == (named.st_dev, named.st_ino) {
            std::fs::remove_file(path)?;
        }
        Ok(())
    }

    fn open_present(&self, name: &str) -> io::Result<Option<File>> {
        match self.open(name, OFlags::RDONLY) {
            Err(Errno::NOENT) => Ok(None),
            opened => Ok(Some(opened?)),
        }
    }

    fn open(&self, name: &str, flags: OFlags) -> Result<File, Errno> {
        let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        rustix::fs::open(self.path.join(name), flags, FILE_MODE).map(File::from)
    }

    /// The short locks; the folder is made where it is not there, and anew where it was removed.
    fn shard_locks(&self) -> io::Result<Arc<ShardLocks>> {
        let mut shards = self.shards.lock();
        let folder = self.path.join(SHARDS);
        if let Some(shards) = shards.as_ref().filter(|_| folder.is_dir()) {
            return Ok(Arc::clone(shards));
        }
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(&folder)?;
        let opened = Arc::new(ShardLocks::new(File::open(&folder)?, FILE_MODE));
        *shards = Some(Arc::clone(&opened));
        Ok(opened)
    }

    fn cannot(&self, what: &str, name: &str, cause: io::Error) -> Error {
        let message = format!("cannot {what} the lock file `{}`", self.path.join(name).display());
        Error::new(ErrorKind::Storage, message).with_source(cause)
    }
}

fn name(key: &CacheKey) -> String {
    format!("{}{SUFFIX}", file_name(key.as_str()))
}

/// Whether nobody has the file, which is then this descriptor's.
fn try_flock(file: &File) -> io::Result<bool> {
    match rustix::io::retry_on_intr(|| rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive)) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}
