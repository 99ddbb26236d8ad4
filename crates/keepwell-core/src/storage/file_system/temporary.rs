//! Names of files that are being written, and what becomes of those whose writer died.

use std::fs::File;
use std::time::Duration;

use rustix::fs::{AtFlags, Dir};

use super::folder::Folder;
use super::read;
use crate::clock::{Clock, SystemClock};
use crate::mistake::{self, Mistake};
use crate::process::ProcessIdentity;
use crate::random::random_u128;

/// How old a file must be to count as abandoned when it cannot be asked after its writer.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// A name that no other write uses: `<process>-<machine>-<random>`.
pub(super) fn temporary_name() -> String {
    let ProcessIdentity { machine, number } = ProcessIdentity::own();
    format!("{number}-{machine:016x}-{:032x}", random_u128())
}

fn writer_is_dead(name: &str) -> bool {
    let mut parts = name.split('-');
    let (Some(number), Some(machine)) = (parts.next(), parts.next()) else { return false };
    let Some((number, machine)) = number.parse().ok().zip(u64::from_str_radix(machine, 16).ok()) else { return false };
    ProcessIdentity { machine, number }.is_known_dead()
}

impl Folder {
    /// Removes the files whose writers are dead. What cannot be removed now is left for the next time.
    pub(super) fn clear_abandoned(&self) {
        if mistake::is_planted(Mistake::AbandonedFilesKept) {
            return;
        }
        let Ok(entries) = Dir::read_from(&self.temporary) else { return };
        for entry in entries.flatten() {
            let Ok(name) = entry.file_name().to_str() else { continue };
            if writer_is_dead(name) || is_old(&self.temporary, name) {
                let _ = rustix::fs::unlinkat(&self.temporary, name, AtFlags::empty());
            }
        }
    }
}

fn is_old(folder: &File, name: &str) -> bool {
    let now = i128::from(SystemClock::new().now().as_millis()) * 1_000_000;
    let limit = now - i128::try_from(ABANDONED.as_nanos()).expect("an hour is a small number");
    matches!(read::identity(folder, name), Ok(Some(file)) if file.changed < limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_is_dead_only_if_its_name_says_which_process_it_was_and_that_is_gone() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        let machine = ProcessIdentity::own().machine;
        assert!(writer_is_dead(&format!("{}-{machine:016x}-0", child.id())));
        assert!(!writer_is_dead(&temporary_name()));
        assert!(!writer_is_dead("notes.txt"));
        assert!(!writer_is_dead(&format!("{}-unknown-0", child.id())));
    }
}
