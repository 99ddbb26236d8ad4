//! Who was in a critical section, by something that knows nothing of locks: a file that must not be there yet.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use super::hand::now;
use crate::failure::{Checked, Failure};

/// A stay in the critical section of one key, in nanoseconds of the machine's clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stay {
    /// When its holder began to wait.
    pub(super) began: u64,
    pub(super) entered: u64,
    pub(super) left: u64,
    /// Who was there.
    pub(super) who: u64,
}

/// Somebody who is in the critical section, by the file in its place.
pub(super) struct Witness(PathBuf);

impl Witness {
    /// Enters the critical section of a key in a folder of witnesses.
    ///
    /// # Errors
    /// If somebody else is in it.
    pub(super) fn enter(folder: &Path, key: impl std::fmt::Display) -> Checked<Self> {
        let path = folder.join(format!("in-{key}"));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(_) => Ok(Self(path)),
            Err(error) => Err(Failure::from(error).within(format!("two at once had the lock of {key}"))),
        }
    }

    /// Leaves it, and says when.
    pub(super) fn leave(self) -> Checked<u64> {
        let left = now();
        std::fs::remove_file(self.0)?;
        Ok(left)
    }
}

/// Goes through the stays in the order in which they began, and hands out those that followed one of somebody else, each with
/// how long the lock had been free although it was waited for.
///
/// # Errors
/// If two were there at once.
pub(super) fn hand_overs(mut stays: Vec<Stay>) -> Checked<Vec<u64>> {
    stays.sort_unstable_by_key(|stay| stay.entered);
    let mut taken = Vec::new();
    for pair in stays.windows(2) {
        let [before, after] = [pair[0], pair[1]];
        if after.entered < before.left {
            return Err(Failure::new(format!("two at once had a lock: {before:?} and {after:?}")));
        }
        if before.who != after.who {
            taken.push(after.entered - before.left.max(after.began).min(after.entered));
        }
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stay(who: u64, began: u64, entered: u64, left: u64) -> Stay {
        Stay { began, entered, left, who }
    }

    #[test]
    fn a_hand_over_begins_when_the_lock_is_free_and_somebody_waits() {
        let stays = vec![stay(2, 15, 25, 30), stay(1, 0, 10, 20), stay(2, 31, 32, 40), stay(1, 50, 60, 70)];
        assert_eq!(hand_overs(stays).unwrap(), [5, 10]);
    }

    #[test]
    fn two_at_once_are_found() {
        assert!(hand_overs(vec![stay(1, 0, 10, 20), stay(2, 0, 19, 30)]).is_err());
        let folder = tempfile::tempdir().unwrap();
        let first = Witness::enter(folder.path(), 1).unwrap();
        assert!(Witness::enter(folder.path(), 1).is_err());
        first.leave().unwrap();
        Witness::enter(folder.path(), 1).unwrap();
    }
}
