//! Reading a large file: in parts, by several threads, each of which hashes what it has just read.

use std::os::fd::OwnedFd;

use blake3::Hasher;
use bytes::Bytes;
use rustix::io::{Errno, pread, retry_on_intr};

use crate::key::{Digest, tree};

/// How much is read before it is hashed: what fits into the cache of a processor.
const STEP: usize = 256 << 10;

/// The end of the content lies at a multiple of this, and with it the elements of an array that the content ends with.
const ALIGNMENT: usize = 64;

/// The first `size` bytes of the file and their digest; `None` where it is not large, or could not be read: then the plain
/// way tells why.
pub(super) fn read(file: &OwnedFd, size: usize) -> Option<(Bytes, Digest)> {
    if size < tree::FLOOR {
        return None;
    }
    let mut memory = vec![0; size + ALIGNMENT];
    prefer_large_pages(&mut memory);
    let end = (memory.as_ptr().addr() + size).next_multiple_of(ALIGNMENT) - memory.as_ptr().addr();
    let content = end - size..end;
    let feed = |hasher: &mut Hasher, offset: u64, part: &mut [u8]| {
        let mut position = offset;
        for step in part.chunks_mut(STEP) {
            fill(file, step, position)?;
            hasher.update(step);
            position += step.len() as u64;
        }
        Ok::<(), Errno>(())
    };
    let digest = tree::digest(&mut memory[content.clone()], &feed).ok()?;
    Some((Bytes::from(memory).slice(content), digest))
}

fn fill(file: &OwnedFd, mut part: &mut [u8], mut position: u64) -> Result<(), Errno> {
    while !part.is_empty() {
        let read = retry_on_intr(|| pread(file, &mut *part, position))?;
        if read == 0 {
            // It was longer a moment ago.
            return Err(Errno::IO);
        }
        part = &mut part[read..];
        position += read as u64;
    }
    Ok(())
}

/// Has the system back memory that nobody has touched yet by large pages, where it can: that takes a tenth of the time.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the advice is given by address")]
fn prefer_large_pages(memory: &mut [u8]) {
    use rustix::mm::{Advice, madvise};

    let address = memory.as_ptr().addr();
    let start = address.next_multiple_of(rustix::param::page_size());
    let length = (address + memory.len()).saturating_sub(start);
    // SAFETY: these pages are part of `memory`, and the advice changes nothing of what is in them.
    // A kernel without large pages refuses, and reads as well.
    let _ = unsafe { madvise(memory[start - address..].as_mut_ptr().cast(), length, Advice::LinuxHugepage) };
}

#[cfg(not(target_os = "linux"))]
fn prefer_large_pages(_memory: &mut [u8]) {}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    fn file_of(content: &[u8]) -> (tempfile::TempDir, OwnedFd) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, content).unwrap();
        (folder, File::open(path).unwrap().into())
    }

    #[test]
    fn a_large_file_is_read_whole_with_its_digest_and_its_end_aligned() {
        let content: Vec<u8> = (0..tree::FLOOR * 3 + 13).map(|index| (index % 251) as u8).collect();
        let (_folder, file) = file_of(&content);
        let (bytes, digest) = read(&file, content.len()).unwrap();
        assert!(bytes == content, "other bytes");
        assert_eq!(digest, Digest::of(&content));
        assert_eq!((bytes.as_ptr().addr() + bytes.len()) % ALIGNMENT, 0);
        assert!(bytes.is_unique());
    }

    #[test]
    fn a_small_file_and_one_that_has_become_shorter_are_left_to_the_plain_way() {
        let (_folder, file) = file_of(&vec![1; tree::FLOOR]);
        assert_eq!(read(&file, tree::FLOOR - 1), None);
        assert_eq!(read(&file, tree::FLOOR + 1), None);
    }
}
