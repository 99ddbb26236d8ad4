//! What was found out about a folder.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::{Ability, FileSystemKind};
use crate::storage::file_system::root;

/// Whether something works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It does.
    Works,
    /// It does not: how that showed.
    Fails(String),
    /// Nobody can tell: why.
    Unknown(String),
}

/// What was found out about a folder.
#[derive(Clone, Debug)]
pub struct FolderFindings {
    /// Which folder.
    pub path: PathBuf,
    /// The file system it is on.
    pub kind: FileSystemKind,
    /// How much room there is.
    pub space: Space,
    /// Whose it is.
    pub ownership: Ownership,
    /// What its file system can do, in the order in which it was tried.
    pub abilities: Vec<(Ability, Finding)>,
    /// The shortest time between two writes that a file's time tells apart; `None` if that is some seconds or more.
    pub resolution: Option<Duration>,
    /// How far the file system's clock is from this machine's.
    pub offset: ClockOffset,
}

impl FolderFindings {
    /// What was found out about one ability.
    pub fn of(&self, ability: Ability) -> &Finding {
        let found = self.abilities.iter().find(|(tried, _)| *tried == ability);
        &found.expect("every ability is tried").1
    }
}

/// How much room there is on a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// What this user may still write, in bytes.
    pub free: u64,
    /// In bytes.
    pub total: u64,
    /// How many files may still be made; `None` where the file system does not count them.
    pub free_files: Option<u64>,
}

impl Space {
    pub(super) fn of(folder: &File) -> io::Result<Self> {
        let stat = rustix::fs::fstatvfs(folder)?;
        Ok(Self {
            free: stat.f_bavail.saturating_mul(stat.f_frsize),
            total: stat.f_blocks.saturating_mul(stat.f_frsize),
            free_files: (stat.f_files > 0).then_some(stat.f_favail),
        })
    }
}

/// Whose a folder is, and what others may do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ownership {
    /// The number of the user.
    pub user: u32,
    /// The number of the group.
    pub group: u32,
    /// Who may do what, as `chmod` counts it.
    pub mode: u32,
    /// Whether it is this user's.
    pub is_own: bool,
    /// Whether it is root's.
    pub is_roots: bool,
    /// Whether others than this user and the user's own group may write to it.
    pub is_open_to_others: bool,
}

impl Ownership {
    pub(super) fn of(folder: &File) -> io::Result<Self> {
        let stat = rustix::fs::fstat(folder)?;
        Ok(Self {
            user: stat.st_uid,
            group: stat.st_gid,
            mode: stat.st_mode & 0o7777,
            is_own: root::is_own(&stat),
            is_roots: stat.st_uid == 0,
            is_open_to_others: root::others_may_write(&stat),
        })
    }
}

/// How far another clock is from this machine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockOffset {
    /// How far it is ahead, at least; behind, where this is less than 0.
    pub milliseconds: i64,
}
