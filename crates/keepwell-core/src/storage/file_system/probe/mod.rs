//! What the file system under a store's folder can do, tried out: the ground that a store's promises stand on.
//!
//! ```text
//! area      temporary files in `.keepwell/tmp`, and nothing left of them
//! calls     the system calls that are tried
//! ability   what each must do, seen by its effect and not by its answer
//! times     how fine and how right the file system's clock is
//! kind      which file system it is
//! promise   what holds on such ground, and why
//! ```
//!
//! Nothing of the store is read or changed.

mod ability;
mod area;
mod calls;
mod findings;
mod kind;
mod promise;
mod times;

use std::path::{Path, PathBuf};

pub use ability::{Ability, OtherProcess, can_lock};
pub use findings::{ClockOffset, Finding, FolderFindings, Ownership, Space};
pub use kind::{FileSystemKind, Reach};
pub use promise::{Promise, Standing};

use self::area::Area;
use self::calls::{Calls, SystemCalls};
use crate::Error;
use crate::clock::Clock;

/// Tries out the file system under the folder at `path`, which is made if it is not there, and taken away again then.
///
/// `other_process` has another process say whether it can take a lock; without one, whether locks hold between processes
/// stays unknown.
///
/// # Errors
/// [`Storage`](crate::ErrorKind::Storage) and its kin if no file can be made in the folder. Nothing is left there, also then.
pub fn probe_folder(
    path: impl Into<PathBuf>,
    clock: &dyn Clock,
    other_process: Option<OtherProcess<'_>>,
) -> Result<FolderFindings, Error> {
    let given = path.into();
    // Without a current folder a relative path stays as it is, and making the area fails.
    let path = std::path::absolute(&given).unwrap_or(given);
    probe_by(&SystemCalls, &path, clock, other_process)
}

fn probe_by(
    calls: &dyn Calls,
    path: &Path,
    clock: &dyn Clock,
    other_process: Option<OtherProcess<'_>>,
) -> Result<FolderFindings, Error> {
    let area = Area::make(path, calls)?;
    let unreadable = |cause| super::fault::cannot_read(path, cause);
    Ok(FolderFindings {
        path: path.to_owned(),
        kind: FileSystemKind::of(area.root()).map_err(unreadable)?,
        space: Space::of(area.root()).map_err(unreadable)?,
        ownership: Ownership::of(area.root()).map_err(unreadable)?,
        abilities: Ability::ALL.iter().map(|ability| (*ability, ability.try_out(&area, other_process))).collect(),
        resolution: times::resolution(&area, clock).map_err(|cause| area.cannot_write(cause))?,
        offset: times::offset(&area, clock).map_err(|cause| area.cannot_write(cause))?,
    })
}

#[cfg(test)]
mod tests;
