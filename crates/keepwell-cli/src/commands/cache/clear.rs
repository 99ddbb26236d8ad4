//! `keepwell cache clear`

use clap::Args;
use keepwell_core::storage::{ObjectName, ResultStorage};
use keepwell_core::store::{CollectedBlobs, ResultStore};

use super::entry::Entry;
use super::filter::Filter;
use super::folder::{Folder, Target};
use crate::arguments::Confirmation;
use crate::failure::Failure;
use crate::session::Session;
use crate::text::{bytes, count};

#[derive(Args, Debug)]
pub(crate) struct Clear {
    #[command(flatten)]
    filter: Filter,

    #[command(flatten)]
    target: Target,

    #[command(flatten)]
    confirmation: Confirmation,
}

impl Clear {
    pub(crate) fn run(self, session: &mut Session) -> Result<(), Failure> {
        let folder = self.target.open(session)?;
        let mut entries = folder.entries()?;
        entries.retain(|entry| self.filter.matches(entry, folder.now));
        if !entries.is_empty() {
            let question = format!("Remove {} from {}?", count(entries.len(), "record"), folder.path().display());
            session.confirm(&question, self.confirmation.yes)?;
        }
        let store = folder.store(session)?;
        let (removed, size) = remove(&store, &folder, &entries)?;
        let collected = store.collect_blobs()?;
        session.print(said(removed, size, &collected))?;
        say_left(session, &folder, &collected)
    }
}

/// Removes the entries, and says how many and how many bytes their own files had.
fn remove(store: &ResultStore, folder: &Folder, entries: &[Entry]) -> Result<(usize, u64), Failure> {
    let (mut removed, mut size) = (0, 0);
    for entry in entries {
        let name = ObjectName::Head(entry.key.clone());
        let file = folder.storage.identity(&name)?;
        if store.remove(&entry.key)? {
            removed += 1;
            size += file.map_or(0, |file| file.size);
        }
    }
    Ok((removed, size))
}

fn said(removed: usize, size: u64, collected: &CollectedBlobs) -> String {
    if removed + collected.removed == 0 {
        return "Nothing to remove.".to_owned();
    }
    let payloads = match collected.removed {
        0 => String::new(),
        number => format!(" and {} that no record named", count(number, "payload")),
    };
    format!("Removed {}{payloads}, {}.", count(removed, "record"), bytes(size + collected.removed_bytes))
}

fn say_left(session: &mut Session, folder: &Folder, collected: &CollectedBlobs) -> Result<(), Failure> {
    if collected.left > 0 {
        session.print(format_args!(
            "Left {} of {} that no record names: younger than an hour, they may be on their way into one.",
            count(collected.left, "payload"),
            bytes(collected.left_bytes)
        ))?;
    }
    if collected.unreadable > 0 {
        session.print(format_args!(
            "Left all payloads in {}: {} cannot be read here, and may name any.",
            folder.path().display(),
            count(collected.unreadable, "record")
        ))?;
    }
    Ok(())
}
