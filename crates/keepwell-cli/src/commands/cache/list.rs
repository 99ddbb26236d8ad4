//! `keepwell cache ls`

use std::collections::HashSet;

use clap::Args;
use comfy_table::{CellAlignment, Table};
use keepwell_core::record::{Expiration, Place};
use serde_json::{Value, json};

use super::entry::{Condition, Entry};
use super::folder::{Folder, Target};
use crate::age::{expiry, moment, relative};
use crate::arguments::Listing;
use crate::failure::Failure;
use crate::session::Session;
use crate::table;
use crate::text::{bytes, count, safe, short};

#[derive(Args, Debug)]
pub(crate) struct List {
    /// Show whole keys and exact times.
    #[arg(short, long)]
    long: bool,

    #[command(flatten)]
    target: Target,

    #[command(flatten)]
    listing: Listing,
}

impl List {
    pub(crate) fn run(self, session: &mut Session) -> Result<(), Failure> {
        let folder = self.target.open(session)?;
        let entries = folder.entries()?;
        if self.listing.is_json() {
            return session.print_json(&listing(&folder, &entries));
        }
        if !entries.is_empty() {
            table::print(session, self.table(&folder, &entries))?;
            session.print("")?;
        }
        session.print(summary(&folder, &entries))
    }

    fn table(&self, folder: &Folder, entries: &[Entry]) -> Table {
        let has_notes = entries.iter().any(|entry| !entry.condition.label().is_empty());
        let header = ["KEY", "TASK", "SIZE", "CREATED", "EXPIRES", "SERIALIZER", "NOTE"];
        let width = if has_notes { header.len() } else { header.len() - 1 };
        let mut table = table::new(&header[..width]);
        for entry in entries {
            table.add_row(&self.row(folder, entry)[..width]);
        }
        if let Some(column) = table.column_mut(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }

    fn row(&self, folder: &Folder, entry: &Entry) -> [String; 7] {
        let key = if self.long { safe(entry.key.as_str()).into_owned() } else { short(entry.key.as_str()) };
        let created = if self.long { moment(entry.created) } else { relative(entry.created, folder.now) };
        let metadata = entry.head.as_ref().map(|head| &head.metadata);
        let task = entry.provenance.task_name.as_deref().map_or_else(|| "-".to_owned(), short);
        let expires = metadata.map_or_else(
            || "-".to_owned(),
            |metadata| match metadata.expiration {
                Expiration::At(at) if self.long => moment(at),
                expiration => expiry(expiration, folder.now),
            },
        );
        let serializer = metadata.map_or("-", |metadata| metadata.serializer.as_str()).to_owned();
        [key, task, bytes(entry.size), created, expires, serializer, entry.condition.label().to_owned()]
    }
}

fn summary(folder: &Folder, entries: &[Entry]) -> String {
    let path = folder.path().display();
    let records = entries.iter().filter(|entry| entry.condition.is_a_record()).count();
    let beside = match other_files(folder, entries) {
        0 => String::new(),
        others => format!(", beside {}", count(others, "other file")),
    };
    match records {
        0 => format!("No records in {path}{beside}."),
        _ => format!("{}, {} in {path}{beside}.", count(records, "record"), bytes(total(entries))),
    }
}

/// How many files are not keepwell's records, whether a key could have their name or not.
fn other_files(folder: &Folder, entries: &[Entry]) -> usize {
    let is_other = |entry: &&Entry| !entry.condition.is_a_record() && entry.condition != Condition::Awaited;
    let listed = entries.iter().filter(is_other).count();
    listed + folder.files_without_key(entries.len())
}

/// What the records take on the disk, a blob that several share counted once.
fn total(entries: &[Entry]) -> u64 {
    let mut blobs = HashSet::new();
    let mut counted_already = |entry: &Entry| match &entry.head {
        Some(head) if head.payload.place == Place::Blob && !blobs.insert(head.payload.digest) => entry.blob_length,
        Some(_) | None => 0,
    };
    let records = entries.iter().filter(|entry| entry.condition.is_a_record());
    records.map(|entry| entry.size - counted_already(entry)).sum()
}

fn listing(folder: &Folder, entries: &[Entry]) -> Value {
    let records: Vec<_> = entries.iter().map(object).collect();
    json!({
        "storage": folder.path().display().to_string(),
        "records": records,
        "size": total(entries),
        "other_files": other_files(folder, entries),
    })
}

fn object(entry: &Entry) -> Value {
    let metadata = entry.head.as_ref().map(|head| &head.metadata);
    let expires = metadata.and_then(|metadata| match metadata.expiration {
        Expiration::At(at) => Some(moment(at)),
        Expiration::Never => None,
    });
    json!({
        "key": entry.key.as_str(),
        "task": entry.provenance.task_name,
        "size": entry.size,
        "created": moment(entry.created),
        "expires": expires,
        "serializer": metadata.map(|metadata| metadata.serializer.as_str()),
        "condition": if entry.condition.label().is_empty() { "whole" } else { entry.condition.label() },
    })
}
