//! Short locks around one write: the comparison and the rename of a conditional write must not be torn apart.
//!
//! Every name belongs to one of 256 files, which a writer locks with `flock` for as long as a write takes. The kernel
//! drops the lock of a process that dies. Each lock has a descriptor of its own, so it holds between threads, too.
//!
//! A forked child inherits the descriptors of the locks that its parent's threads hold, and would keep the locks alive after
//! a parent that died. It closes them before it takes a lock of its own, and never unlocks: that would take the
//! lock from the parent.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::Mutex;
use rustix::fs::{FlockOperation, Mode, OFlags};

use crate::key::Digest;

/// The locks of one folder.
#[derive(Debug)]
pub(crate) struct ShardLocks {
    directory: File,
    mode: Mode,
    process: AtomicU32,
    held: Mutex<HashMap<RawFd, File>>,
}

/// A held lock, given back on drop.
#[derive(Debug)]
pub(crate) struct ShardLock<'a> {
    locks: &'a ShardLocks,
    descriptor: RawFd,
}

impl ShardLocks {
    /// The locks whose files are in this folder and are made with this mode.
    pub(crate) fn new(directory: File, mode: Mode) -> Self {
        Self { directory, mode, process: AtomicU32::new(std::process::id()), held: Mutex::default() }
    }

    /// Waits for the lock that `path` shares with one 256th of all others.
    pub(crate) fn lock(&self, path: &str) -> io::Result<ShardLock<'_>> {
        self.leave_parents_locks();
        let shard = format!("{:02x}", Digest::of(path.as_bytes()).as_bytes()[0]);
        let flags = OFlags::RDONLY | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = File::from(rustix::fs::openat(&self.directory, shard, flags, self.mode)?);
        rustix::io::retry_on_intr(|| rustix::fs::flock(&file, FlockOperation::LockExclusive))?;
        let descriptor = file.as_raw_fd();
        self.held.lock().insert(descriptor, file);
        Ok(ShardLock { locks: self, descriptor })
    }

    fn leave_parents_locks(&self) {
        let process = std::process::id();
        if self.process.swap(process, Ordering::Relaxed) != process {
            self.held.lock().clear();
        }
    }
}

impl Drop for ShardLock<'_> {
    fn drop(&mut self) {
        if let Some(file) = self.locks.held.lock().remove(&self.descriptor) {
            // Closing alone would leave the lock with a child that was forked meanwhile. A failure is made good by the
            // closing.
            let _ = rustix::fs::flock(&file, FlockOperation::Unlock);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    fn locks(folder: &tempfile::TempDir) -> ShardLocks {
        ShardLocks::new(File::open(folder.path()).unwrap(), Mode::RUSR | Mode::WUSR)
    }

    #[test]
    fn a_lock_keeps_other_threads_out_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let locks = locks(&folder);
        let (sender, receiver) = mpsc::channel();
        let lock = locks.lock("a").unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _lock = locks.lock("a").unwrap();
                sender.send(()).unwrap();
            });
            assert!(receiver.recv_timeout(Duration::from_millis(50)).is_err());
            drop(lock);
            receiver.recv_timeout(Duration::from_secs(10)).unwrap();
        });
        assert!(locks.held.lock().is_empty());
    }

    #[test]
    fn a_forked_child_closes_its_parents_locks_without_unlocking_them() {
        let folder = tempfile::tempdir().unwrap();
        let locks = locks(&folder);
        let parent = locks.lock("a").unwrap();
        let shard = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
        let duplicate = locks.held.lock()[&parent.descriptor].try_clone().unwrap();

        // What a child finds: the parent's process id and its descriptors.
        locks.process.store(0, Ordering::Relaxed);
        let _own = locks.lock("b").unwrap();
        assert_eq!(locks.held.lock().len(), 1);
        let other = File::open(&shard).unwrap();
        let attempt = || rustix::fs::flock(&other, FlockOperation::NonBlockingLockExclusive);
        assert!(attempt().is_err(), "the parent's copy still holds the lock");
        drop(duplicate);
        attempt().unwrap();
    }
}
