//! Damaged files, kept aside for a later look within a limit of bytes.

use rustix::fs::Dir;

use super::folder::Folder;
use super::place::Place;
use super::read;
use crate::random::random_u128;
use crate::storage::{FileIdentity, StorageFault};

impl Folder {
    /// Moves the file to the quarantine, and drops the oldest files there until they are within the limit.
    pub(super) fn set_aside(&self, place: &Place<'_>) -> Result<(), StorageFault> {
        let name = format!("{}.{:016x}", place.name(), random_u128() >> 64);
        rustix::fs::renameat(place.directory(), place.name(), &self.quarantine, name)
            .map_err(|errno| StorageFault::Unavailable(self.root.cannot_write(place.path(), errno)))?;
        self.keep_quarantine_within_limit();
        Ok(())
    }

    /// Best effort: the damaged file is out of the way already, and the next one brings another chance.
    fn keep_quarantine_within_limit(&self) {
        let mut kept = self.quarantined();
        kept.sort_unstable_by_key(|(_, file)| file.changed);
        let mut total: u64 = kept.iter().map(|(_, file)| file.size).sum();
        for (name, file) in kept {
            if total <= self.options.quarantine_limit {
                break;
            }
            let _ = self.unlink(&Place::new(&self.quarantine, name));
            total -= file.size;
        }
    }

    fn quarantined(&self) -> Vec<(String, FileIdentity)> {
        let Ok(entries) = Dir::read_from(&self.quarantine) else { return Vec::new() };
        let names = entries.flatten().filter_map(|entry| entry.file_name().to_str().ok().map(str::to_owned));
        names
            .filter_map(|name| Some((read::identity(&self.quarantine, &name).ok()??, name)))
            .map(|(file, name)| (name, file))
            .collect()
    }
}
