//! Payloads in files of their own that no record names any more.

use std::collections::HashSet;
use std::time::Duration;

use keepwell_core::clock::Timestamp;
use keepwell_core::key::Digest;
use keepwell_core::storage::{ObjectKind, ObjectName, ResultStorage};

use super::entry::{Condition, Entry};
use super::folder::Folder;
use crate::failure::Failure;

/// A payload is written before the record that names it: a younger one may be on its way.
const GRACE: Duration = Duration::from_secs(60 * 60);

/// What became of the payloads that no record names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Collected {
    pub(super) removed: usize,
    pub(super) removed_bytes: u64,
    /// How many were left because they are too young.
    pub(super) left: usize,
    pub(super) left_bytes: u64,
    /// How many records cannot be read here. Nobody can tell which payloads they name, so none was removed.
    pub(super) unreadable: usize,
}

/// Removes the payloads that no record names, but for the young ones.
///
/// A payload that is written anew between the look at its age and its removal is lost: a miss, which the next commit
/// makes good.
pub(super) fn collect(folder: &Folder) -> Result<Collected, Failure> {
    // In this order: a record that is written in between names a blob that is not among these, or too young.
    let mut unnamed = folder.storage.list(ObjectKind::Blob)?;
    let entries = folder.entries()?;
    let named: HashSet<Digest> =
        entries.iter().filter_map(|entry| entry.head.as_ref()).map(|head| head.payload.digest).collect();
    unnamed.retain(|name| !matches!(name, ObjectName::Blob(digest) if named.contains(digest)));
    let mut collected = Collected::default();
    if unnamed.is_empty() {
        return Ok(collected);
    }
    collected.unreadable = entries.iter().filter(|entry| may_name_any(entry)).count();
    if collected.unreadable == 0 {
        unnamed.iter().try_for_each(|name| collected.take(folder, name))?;
    }
    Ok(collected)
}

impl Collected {
    fn take(&mut self, folder: &Folder, name: &ObjectName) -> Result<(), Failure> {
        let Some(file) = folder.storage.identity(name)? else { return Ok(()) };
        let written = Timestamp::from_millis(u64::try_from(file.modified / 1_000_000).unwrap_or(0));
        if written.after(GRACE) > folder.now {
            self.left += 1;
            self.left_bytes += file.size;
        } else if folder.storage.remove(name, None)? {
            self.removed += 1;
            self.removed_bytes += file.size;
        }
        Ok(())
    }
}

fn may_name_any(entry: &Entry) -> bool {
    match entry.condition {
        Condition::Newer(_) | Condition::Unreadable(_) => true,
        Condition::Whole
        | Condition::Expired
        | Condition::PayloadMissing
        | Condition::OfAnotherStore
        | Condition::Damaged(_)
        | Condition::NotARecord => false,
    }
}
