//! What is put where.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};

use super::outside::Outside;
use super::visit::{blob_place, shard_place};
use crate::failure::Checked;

/// The names that keepwell uses in a folder, those it makes up at random left out: `<blob>` and `<shard>` stand for those of
/// record 0, and `<blobs>` for the folder of its blob.
pub(super) const PLACES: &[&str] = &[
    "record-0",
    ".keepwell",
    ".keepwell/store.json",
    ".keepwell/blobs",
    "<blobs>",
    "<blob>",
    ".keepwell/transactions",
    ".keepwell/names",
    ".keepwell/quarantine",
    ".keepwell/tmp",
    ".keepwell/shards",
    "<shard>",
];

/// Everything that is planted.
pub(super) const KINDS: &[Kind] = &[
    Kind::LinkToFile,
    Kind::LinkToFolder,
    Kind::LinkToNothing,
    Kind::HardLink,
    Kind::Pipe,
    Kind::Folder,
    Kind::EndlessFile,
    Kind::Device,
];

/// What may be there in the place of a file or a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A symbolic link to a file outside.
    LinkToFile,
    /// A symbolic link to a folder outside.
    LinkToFolder,
    /// A symbolic link to a name outside that is free.
    LinkToNothing,
    /// Another name of a file outside.
    HardLink,
    /// A pipe that nobody writes to.
    Pipe,
    /// A folder with something in it.
    Folder,
    /// A file of a tebibyte that takes no room.
    EndlessFile,
    /// A device that yields zeros for ever.
    Device,
}

impl Kind {
    /// Whether who reads the thing itself reads what is outside: it is the same file.
    pub(super) fn is_followed_by_reading(self) -> bool {
        self == Self::HardLink
    }
}

/// One thing in one place.
#[derive(Debug)]
pub(super) struct Plant {
    pub(super) place: &'static str,
    pub(super) kind: Kind,
}

impl Plant {
    /// What it is called on the command line.
    pub(super) fn name(&self) -> String {
        format!("{:?}@{}", self.kind, self.place)
    }

    /// Puts it there, in the place of what is; says whether the machine allows it.
    pub(super) fn put(&self, store: &Path, outside: &Outside) -> Checked<bool> {
        let place = match self.place {
            "<blob>" => blob_place(),
            "<blobs>" => blob_place().rsplit_once('/').map(|(folder, _)| folder.to_owned()).unwrap_or_default(),
            "<shard>" => shard_place(),
            place => place.to_owned(),
        };
        let path = store.join(place);
        if path.is_dir() {
            fs::remove_dir_all(&path)?;
        } else if path.exists() {
            fs::remove_file(&path)?;
        }
        match self.kind {
            Kind::LinkToFile => symlink(outside.path("secret"), path)?,
            Kind::LinkToFolder => symlink(outside.path("inner"), path)?,
            Kind::LinkToNothing => symlink(outside.path("new"), path)?,
            Kind::HardLink => fs::hard_link(outside.path("secret"), path)?,
            Kind::Pipe => mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0)?,
            Kind::Folder => fs::create_dir_all(path.join("something"))?,
            Kind::EndlessFile => File::create(path)?.set_len(1 << 40)?,
            Kind::Device => {
                let zeros = makedev(1, 5);
                return Ok(mknodat(CWD, path, FileType::CharacterDevice, Mode::from_raw_mode(0o600), zeros).is_ok());
            }
        }
        Ok(true)
    }
}
