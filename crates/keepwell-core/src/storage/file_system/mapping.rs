//! Files mapped into memory: what is not looked at is not read, and processes share what is.

use std::os::fd::OwnedFd;

use bytes::Bytes;
use memmap2::Mmap;

/// A smaller file is read sooner than it is mapped.
pub(super) const FLOOR: usize = 64 << 10;

/// The `size` bytes of the file; `None` where it is small, or cannot be mapped.
///
/// Only for files that nobody writes to once they are there under their name: they are replaced and removed, and what is
/// mapped stays. Somebody who writes to one all the same changes what is seen in the mapping, and ends the process if
/// he shortens it.
#[expect(unsafe_code, reason = "nothing keeps another process from writing to the file")]
pub(super) fn map(file: &OwnedFd, size: usize) -> Option<Bytes> {
    if size < FLOOR {
        return None;
    }
    // SAFETY: keepwell gives a file its name when it is complete and never writes to it again. Folders that others may
    // write to are refused, unless the user shares them.
    let mapped = unsafe { Mmap::map(file) }.ok()?;
    (mapped.len() == size).then(|| Bytes::from_owner(mapped))
}
