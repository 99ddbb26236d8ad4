//! What a file system must be able to do. Each is seen by what it does: an answer that all is well proves nothing.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::OFlags;

use super::Finding;
use super::area::Area;
use super::calls::{Calls, SystemCalls};
use crate::Error;
use crate::storage::file_system::fault;

/// Has another process try to take the lock of the file at this path, and says whether it could.
pub type OtherProcess<'a> = &'a dyn Fn(&Path) -> Result<bool, Error>;

/// Something that a file system may be able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ability {
    /// A rename over a file puts the new one in its place.
    Replaces,
    /// A rename refuses a name that is taken, where asked to.
    RenamesToFreeNames,
    /// A file can have a second name, which must be free.
    Links,
    /// A file is made only where there is none.
    CreatesExclusively,
    /// A lock keeps out another descriptor of the same process.
    LocksDescriptors,
    /// A lock keeps out another process.
    LocksProcesses,
    /// A file's content can be flushed.
    FlushesFiles,
    /// A folder's entries can be flushed.
    FlushesFolders,
    /// Everything that was written can be flushed at once.
    FlushesAtOnce,
    /// Names that differ in case alone are two files.
    TellsCaseApart,
}

impl Ability {
    /// Every ability, in the order in which they are tried.
    pub const ALL: &'static [Self] = &[
        Self::Replaces,
        Self::RenamesToFreeNames,
        Self::Links,
        Self::CreatesExclusively,
        Self::LocksDescriptors,
        Self::LocksProcesses,
        Self::FlushesFiles,
        Self::FlushesFolders,
        Self::FlushesAtOnce,
        Self::TellsCaseApart,
    ];

    /// In a few words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Replaces => "rename over a file",
            Self::RenamesToFreeNames => "rename to a free name only",
            Self::Links => "link",
            Self::CreatesExclusively => "exclusive create",
            Self::LocksDescriptors => "flock between descriptors",
            Self::LocksProcesses => "flock between processes",
            Self::FlushesFiles => "flush a file",
            Self::FlushesFolders => "flush a folder",
            Self::FlushesAtOnce => "flush all at once",
            Self::TellsCaseApart => "tell upper from lower case",
        }
    }

    /// One word, for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Replaces => "rename",
            Self::RenamesToFreeNames => "rename_noreplace",
            Self::Links => "link",
            Self::CreatesExclusively => "exclusive_create",
            Self::LocksDescriptors => "flock_descriptors",
            Self::LocksProcesses => "flock_processes",
            Self::FlushesFiles => "fsync_file",
            Self::FlushesFolders => "fsync_folder",
            Self::FlushesAtOnce => "syncfs",
            Self::TellsCaseApart => "case_sensitive",
        }
    }

    pub(super) fn try_out(self, area: &Area<'_>, other_process: Option<OtherProcess<'_>>) -> Finding {
        let seen = match self {
            Self::Replaces => replaces(area),
            Self::RenamesToFreeNames => renames_to_free_names(area),
            Self::Links => links(area),
            Self::CreatesExclusively => creates_exclusively(area),
            Self::LocksDescriptors => locks_descriptors(area),
            Self::LocksProcesses => match other_process {
                Some(other_process) => locks_processes(area, other_process),
                None => return Finding::Unknown("no other process was there to try".to_owned()),
            },
            Self::FlushesFiles => {
                area.file(b"x").and_then(|(_, file)| area.calls().sync_content(&file)).map_err(Seen::from)
            }
            Self::FlushesFolders => area.calls().sync_entries(area.folder()).map_err(Seen::from),
            Self::FlushesAtOnce => area.calls().sync_all(area.folder()).map_err(Seen::from),
            Self::TellsCaseApart => tells_case_apart(area),
        };
        match seen {
            Ok(()) => Finding::Works,
            Err(Seen::Wrong(what)) => Finding::Fails(what.to_owned()),
            Err(Seen::Refused(cause)) => Finding::Fails(cause.to_string()),
            Err(Seen::Untold(error)) => Finding::Unknown(error.report()),
        }
    }
}

/// What was seen of an ability that is not there.
enum Seen {
    /// The effect was another.
    Wrong(&'static str),
    /// The operating system would not.
    Refused(io::Error),
    /// Nobody can tell.
    Untold(Error),
}

impl From<io::Error> for Seen {
    fn from(cause: io::Error) -> Self {
        Self::Refused(cause)
    }
}

fn require(holds: bool, otherwise: &'static str) -> Result<(), Seen> {
    if holds { Ok(()) } else { Err(Seen::Wrong(otherwise)) }
}

fn replaces(area: &Area<'_>) -> Result<(), Seen> {
    let (target, _) = area.file(b"old")?;
    let reader = area.calls().open(area.folder(), &target)?;
    let (source, _) = area.file(b"new")?;
    area.calls().rename(area.folder(), &source, &target)?;
    require(area.content(&target)?.as_deref() == Some(b"new"), "the new file is not in the old one's place")?;
    require(area.content(&source)?.is_none(), "the file has its former name still")?;
    require(io::read_to_string(reader)? == "old", "whoever had the old file open does not read it any more")
}

fn renames_to_free_names(area: &Area<'_>) -> Result<(), Seen> {
    refuses_a_name_that_is_taken(area, |from, to| area.calls().rename_to_free(area.folder(), from, to))
}

fn links(area: &Area<'_>) -> Result<(), Seen> {
    refuses_a_name_that_is_taken(area, |from, to| area.calls().link(area.folder(), from, to))
}

/// Whether this way of naming a file takes a name that is free, and no other.
fn refuses_a_name_that_is_taken(area: &Area<'_>, naming: impl Fn(&str, &str) -> io::Result<()>) -> Result<(), Seen> {
    let ((source, _), (taken, _)) = (area.file(b"new")?, area.file(b"old")?);
    match naming(&source, &taken) {
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
        Err(cause) => return Err(cause.into()),
        Ok(()) => return Err(Seen::Wrong("a name that is taken is not refused")),
    }
    require(area.content(&taken)?.as_deref() == Some(b"old"), "the file that had the name was changed")?;
    let free = area.name();
    naming(&source, &free)?;
    require(area.content(&free)?.as_deref() == Some(b"new"), "the file has not got the free name")
}

fn creates_exclusively(area: &Area<'_>) -> Result<(), Seen> {
    let (taken, _) = area.file(b"old")?;
    match area.calls().create(area.folder(), &taken) {
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
        Err(cause) => return Err(cause.into()),
        Ok(_) => return Err(Seen::Wrong("a file that is there is not refused")),
    }
    require(area.content(&taken)?.as_deref() == Some(b"old"), "the file that was there was changed")
}

fn locks_descriptors(area: &Area<'_>) -> Result<(), Seen> {
    let (name, file) = area.file(b"")?;
    let other = area.calls().open(area.folder(), &name)?;
    require(area.calls().try_lock(&file)?, "a lock that nobody has is not granted")?;
    require(!area.calls().try_lock(&other)?, "two descriptors have the lock at once")?;
    drop(file);
    require(area.calls().try_lock(&other)?, "a lock is not free again when its file is closed")
}

fn locks_processes(area: &Area<'_>, other_process: OtherProcess<'_>) -> Result<(), Seen> {
    let (name, file) = area.file(b"")?;
    let path = area.path_of(&name);
    require(area.calls().try_lock(&file)?, "a lock that nobody has is not granted")?;
    let both = other_process(&path).map_err(Seen::Untold)?;
    require(!both, "two processes have the lock at once")?;
    drop(file);
    let after = other_process(&path).map_err(Seen::Untold)?;
    require(after, "a lock is not free again when its file is closed")
}

fn tells_case_apart(area: &Area<'_>) -> Result<(), Seen> {
    let name = area.will_take_away(format!("{}-a", area.name()));
    let upper = area.will_take_away(name.to_ascii_uppercase());
    area.calls().create(area.folder(), &name)?;
    require(area.content(&upper)?.is_none(), "they are one file")
}

/// Whether this process can take the lock of the file at `path`, which it gives back at once: what another process asks of
/// this one.
///
/// # Errors
/// [`Storage`](crate::ErrorKind::Storage) if it cannot tell.
pub fn can_lock(path: &Path) -> Result<bool, Error> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = rustix::fs::open(path, flags, rustix::fs::Mode::empty()).map(File::from);
    let taken = file.map_err(io::Error::from).and_then(|file| SystemCalls.try_lock(&file));
    taken.map_err(|cause| fault::cannot_read(path, cause))
}
