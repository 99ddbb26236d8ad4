//! Names of files that are being written, and what becomes of those whose writer died.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{AtFlags, Dir};
use rustix::io::Errno;
use rustix::process::Pid;

use super::folder::Folder;
use super::read;
use crate::clock::{Clock, SystemClock};
use crate::key::Digest;
use crate::mistake::{self, Mistake};
use crate::random::random_u128;

/// How old a file must be to count as abandoned when it cannot be asked after its writer.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// Makes names of the form `<process>-<machine>-<random>`.
///
/// The middle part stands for where a process id means the same process: one boot of one machine, and one namespace of
/// process ids. A writer elsewhere (another container on the same volume) is never taken for dead.
#[derive(Debug)]
pub(super) struct TemporaryNames {
    machine: Option<String>,
}

impl TemporaryNames {
    /// The names that this process makes.
    pub(super) fn of_this_machine() -> Self {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
        let namespace = std::fs::read_link("/proc/self/ns/pid");
        let machine = boot.ok().zip(namespace.ok()).map(|(boot, namespace)| machine(&boot, &namespace));
        Self { machine }
    }

    /// A name that no other write uses.
    pub(super) fn next(&self) -> String {
        let machine = self.machine.as_deref().unwrap_or("unknown");
        format!("{}-{machine}-{:032x}", std::process::id(), random_u128())
    }

    fn writer_is_dead(&self, name: &str) -> bool {
        let mut parts = name.split('-');
        let (Some(process), Some(machine)) = (parts.next(), parts.next()) else { return false };
        let process = process.parse().ok().and_then(Pid::from_raw);
        self.machine.as_deref() == Some(machine)
            && process.is_some_and(|process| rustix::process::test_kill_process(process) == Err(Errno::SRCH))
    }
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
            if self.temporary_names.writer_is_dead(name) || is_old(&self.temporary, name) {
                let _ = rustix::fs::unlinkat(&self.temporary, name, AtFlags::empty());
            }
        }
    }
}

fn machine(boot: &str, namespace: &Path) -> String {
    let digest = Digest::of(format!("{}{}", boot.trim(), namespace.display()).as_bytes());
    digest.to_hex()[..8].to_owned()
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
    fn a_writer_is_dead_only_if_its_process_is_known_to_be_gone() {
        let names = TemporaryNames { machine: Some("12345678".to_owned()) };
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        let gone = child.id();
        assert!(names.writer_is_dead(&format!("{gone}-12345678-0")));
        assert!(!names.writer_is_dead(&format!("{gone}-87654321-0")));
        assert!(!names.writer_is_dead(&names.next()));
        assert!(!names.writer_is_dead("notes.txt"));
        let unknown = TemporaryNames { machine: None };
        assert!(!unknown.writer_is_dead(&format!("{gone}-unknown-0")));
    }
}
