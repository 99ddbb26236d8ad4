//! From the operating system's errors to the storage's: what kind it is, in whose words, and what to do about it.

use std::io;
use std::path::Path;

use crate::mistake::{self, Mistake};
use crate::storage::StorageFault;
use crate::{Error, ErrorKind};

/// The file could not be read.
pub(super) fn cannot_read(path: &Path, cause: io::Error) -> Error {
    let message = format!("cannot read `{}`", path.display());
    let error = Error::new(ErrorKind::Storage, message);
    match cause.kind() {
        io::ErrorKind::PermissionDenied => error.with_hint("give this user the right to read it").with_source(cause),
        _ => error.with_source(cause),
    }
}

/// The file could not be written; nothing was changed.
pub(super) fn cannot_write(path: &Path, cause: io::Error) -> Error {
    if mistake::is_planted(Mistake::DescriptorKept) {
        std::mem::forget(std::fs::File::open("/"));
    }
    assert!(!mistake::is_planted(Mistake::PanicOnError), "a write failed: {cause}");
    let message = format!("cannot write `{}`", path.display());
    let (kind, hint) = match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            (ErrorKind::StorageFull, "make room on the disk, or keep results elsewhere")
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            (ErrorKind::ReadOnly, "the file system is mounted read-only: keep results elsewhere")
        }
        io::ErrorKind::PermissionDenied => {
            (ErrorKind::ReadOnly, "give this user the right to write to the folder, or keep results elsewhere")
        }
        _ => return Error::new(ErrorKind::Storage, message).with_source(cause),
    };
    Error::new(kind, message).with_hint(hint).with_source(cause)
}

/// What is at the path is not what this storage puts there.
pub(super) fn not_an_object(path: &Path, what: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("`{}` is {what}", path.display()))
        .with_hint("nothing here puts it there: remove it")
}

/// The write is done, but may not survive a power cut.
pub(super) fn not_known_to_last(path: &Path, cause: io::Error) -> StorageFault {
    let message = format!("cannot tell whether `{}` is safely on the disk", path.display());
    StorageFault::Unknown(
        Error::new(ErrorKind::Storage, message).with_hint("check the disk: it reported an error").with_source(cause),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_says_what_kind_of_failure_it_is_and_what_to_do() {
        let kinds = [
            (rustix::io::Errno::NOSPC, ErrorKind::StorageFull),
            (rustix::io::Errno::DQUOT, ErrorKind::StorageFull),
            (rustix::io::Errno::ROFS, ErrorKind::ReadOnly),
            (rustix::io::Errno::ACCESS, ErrorKind::ReadOnly),
            (rustix::io::Errno::PERM, ErrorKind::ReadOnly),
            (rustix::io::Errno::IO, ErrorKind::Storage),
        ];
        for (errno, kind) in kinds {
            let error = cannot_write(Path::new("/store/a"), errno.into());
            assert_eq!((error.kind(), error.to_string().as_str()), (kind, "cannot write `/store/a`"), "{errno:?}");
            assert_eq!(error.hint().is_some(), kind != ErrorKind::Storage, "{errno:?}");
        }
    }
}
