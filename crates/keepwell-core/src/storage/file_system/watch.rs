//! Files held open, so that a look at whether they are still the same costs no walk along a path.
//!
//! Every write of keepwell puts another file in an object's place, which takes the old one's last name away. Whoever
//! removes, moves or edits the file changes its attributes. Both show in `fstat` of the open file.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::OFlags;
use rustix::process::{Resource, getrlimit};

use super::read;
use crate::storage::{FileIdentity, ObjectWatch};

/// How many files are held at the most, whatever the system would allow.
const MOST: u64 = 1024;

static HELD: AtomicU64 = AtomicU64::new(0);

/// A file that is held open.
#[derive(Debug)]
struct FileWatch {
    file: OwnedFd,
    identity: FileIdentity,
    _place: Place,
}

/// One of the places for files that are held; free again when it is dropped.
#[derive(Debug)]
struct Place;

/// Holds the file at `path`, if it is still the one of `identity` and a place is free.
pub(super) fn watch(folder: &File, path: &str, identity: &FileIdentity) -> Option<Box<dyn ObjectWatch>> {
    let place = Place::take()?;
    let file = read::open_beneath(folder, path, OFlags::RDONLY).ok()?;
    let watch = FileWatch { file, identity: *identity, _place: place };
    watch.is_unchanged().then(|| Box::new(watch) as Box<dyn ObjectWatch>)
}

impl ObjectWatch for FileWatch {
    fn is_unchanged(&self) -> bool {
        rustix::fs::fstat(&self.file)
            .is_ok_and(|stat| stat.st_nlink > 0 && read::identity_of(&stat).as_ref() == Some(&self.identity))
    }
}

impl Place {
    fn take() -> Option<Self> {
        if HELD.fetch_add(1, Ordering::Relaxed) < most() {
            return Some(Self);
        }
        HELD.fetch_sub(1, Ordering::Relaxed);
        None
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        HELD.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A quarter of what the process may open, so that the user's own files always find room.
fn most() -> u64 {
    getrlimit(Resource::Nofile).current.map_or(MOST, |limit| (limit / 4).min(MOST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    use crate::clock::{Clock, SystemClock};

    #[test]
    fn a_replaced_removed_moved_or_edited_file_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let change: [&dyn Fn(); 4] = [
            &|| {
                fs::write(path("new"), "other").unwrap();
                fs::rename(path("new"), path("file")).unwrap();
            },
            &|| fs::remove_file(path("file")).unwrap(),
            &|| fs::rename(path("file"), path("elsewhere")).unwrap(),
            &|| fs::write(path("file"), "longer than before").unwrap(),
        ];
        let root = File::open(folder.path()).unwrap();
        for (number, change) in change.iter().enumerate() {
            fs::write(path("file"), "content").unwrap();
            let identity = read::identity(&root, "file").unwrap().unwrap();
            let watch = watch(&root, "file", &identity).unwrap();
            assert!(watch.is_unchanged(), "before change {number}");
            SystemClock::new().sleep(std::time::Duration::from_millis(10));
            change();
            assert!(!watch.is_unchanged(), "after change {number}");
        }
    }

    #[test]
    fn a_file_that_has_changed_already_is_not_watched() {
        let folder = tempfile::tempdir().unwrap();
        let root = File::open(folder.path()).unwrap();
        fs::write(folder.path().join("file"), "content").unwrap();
        let identity = read::identity(&root, "file").unwrap().unwrap();
        let another = FileIdentity { inode: identity.inode + 1, ..identity };
        assert!(watch(&root, "file", &another).is_none());
        assert!(watch(&root, "absent", &identity).is_none());
    }
}
