//! The digest of much data, by several threads: BLAKE3 is a tree, and its branches can be hashed apart.

use std::thread;

use blake3::Hasher;
use blake3::hazmat::{self, ChainingValue, HasherExt, Mode};
use parking_lot::Mutex;

use super::Digest;

/// Less than this is hashed by one thread: to start another would take as long.
pub(crate) const FLOOR: usize = 8 << 20;

/// How often the data is halved: into four branches.
const DEPTH: u32 = 2;

/// Data that can be divided.
pub(crate) trait Divisible: Sized + Send {
    /// How many bytes it is.
    fn length(&self) -> usize;

    /// The first `at` bytes and the rest.
    fn divided(self, at: usize) -> (Self, Self);
}

impl Divisible for &[u8] {
    fn length(&self) -> usize {
        self.len()
    }

    fn divided(self, at: usize) -> (Self, Self) {
        self.split_at(at)
    }
}

impl Divisible for &mut [u8] {
    fn length(&self) -> usize {
        self.len()
    }

    fn divided(self, at: usize) -> (Self, Self) {
        self.split_at_mut(at)
    }
}

/// The digest of at least [`FLOOR`] bytes. `feed` gives a hasher all of one branch, which begins so many bytes into the data.
///
/// # Errors
/// Those of `feed`.
pub(crate) fn digest<D: Divisible, E: Send>(
    data: D,
    feed: &(impl Fn(&mut Hasher, u64, D) -> Result<(), E> + Sync),
) -> Result<Digest, E> {
    debug_assert!(data.length() >= FLOOR, "less is not worth the threads");
    let (left, right) = halves(data, 0, DEPTH, feed)?;
    Ok(hazmat::merge_subtrees_root(&left, &right, Mode::Hash).into())
}

fn halves<D: Divisible, E: Send>(
    data: D,
    offset: u64,
    depth: u32,
    feed: &(impl Fn(&mut Hasher, u64, D) -> Result<(), E> + Sync),
) -> Result<(ChainingValue, ChainingValue), E> {
    let left_length = hazmat::left_subtree_len(data.length() as u64);
    let (left, right) = data.divided(usize::try_from(left_length).expect("it is a part of what is in memory"));
    // The other thread takes the left half out of here; where there is none to be had, this one does.
    let left = Mutex::new(Some(left));
    let do_left = || left.lock().take().map(|left| branch(left, offset, depth - 1, feed));
    thread::scope(|scope| {
        let other = thread::Builder::new().spawn_scoped(scope, do_left);
        let right = branch(right, offset + left_length, depth - 1, feed);
        let done = match other {
            Ok(other) => other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(_) => do_left(),
        };
        Ok((done.expect("one of the two threads has it")?, right?))
    })
}

fn branch<D: Divisible, E: Send>(
    data: D,
    offset: u64,
    depth: u32,
    feed: &(impl Fn(&mut Hasher, u64, D) -> Result<(), E> + Sync),
) -> Result<ChainingValue, E> {
    if depth == 0 || data.length() < FLOOR {
        let mut hasher = Hasher::new();
        hasher.set_input_offset(offset);
        feed(&mut hasher, offset, data)?;
        return Ok(hasher.finalize_non_root());
    }
    let (left, right) = halves(data, offset, depth, feed)?;
    Ok(hazmat::merge_subtrees_non_root(&left, &right, Mode::Hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_one_thread_at_any_length() {
        let data = vec![7; 40 << 20];
        for length in [FLOOR, FLOOR + 1, 2 * FLOOR - 1, 2 * FLOOR, 3 * FLOOR + 1025, data.len() - 1, data.len()] {
            let one = Digest::from(blake3::hash(&data[..length]));
            assert_eq!(Digest::of(&data[..length]), one, "{length}");
        }
    }

    #[test]
    fn a_failure_in_any_branch_is_the_outcome() {
        let data = vec![0; 4 * FLOOR];
        for failing in [0, FLOOR as u64, 2 * FLOOR as u64, 3 * FLOOR as u64] {
            let feed = |hasher: &mut Hasher, offset: u64, branch: &[u8]| {
                hasher.update(branch);
                if offset == failing { Err(offset) } else { Ok(()) }
            };
            assert_eq!(digest(data.as_slice(), &feed), Err(failing));
        }
    }
}
