//! Reads settings files, and replaces them whole.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use crate::{Error, ErrorKind};

/// The content of the file at `path`; `None` where there is no file.
///
/// # Errors
/// [`ErrorKind::Settings`] where it cannot be read or is not UTF-8.
pub(super) fn read(path: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(path) {
        Ok(content) => Ok(Some(content)),
        // A folder called `.env` is a virtual environment, not a settings file.
        Err(error) if is_absence(error.kind()) => Ok(None),
        Err(error) => Err(failure("read", path, error)),
    }
}

fn is_absence(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory)
}

/// Runs `edit` while no other process edits a file in the folder of `path`, which is made (mode 0700) if need be.
///
/// # Errors
/// [`ErrorKind::Settings`] where the folder cannot be made or locked; else those of `edit`.
pub(super) fn exclusively<R>(path: &Path, edit: impl FnOnce() -> Result<R, Error>) -> Result<R, Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| failure("create", folder, error))?;
    let lock = File::open(folder).and_then(|folder| folder.lock().map(|()| folder));
    let _lock = lock.map_err(|error| failure("lock", folder, error))?;
    edit()
}

/// Replaces the file at `path` by one with this content and mode 0600. The folder must be locked ([`exclusively`]).
///
/// # Errors
/// [`ErrorKind::Settings`]; the old file is then still there, whole.
pub(super) fn replace(path: &Path, content: &str) -> Result<(), Error> {
    // A link (to a folder of configuration under version control, say) stays a link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let temporary = target.with_extension("toml.new");
    write_then_rename(&temporary, &target, content).map_err(|error| {
        let _ = fs::remove_file(&temporary);
        failure("write", path, error)
    })
}

fn write_then_rename(temporary: &Path, target: &Path, content: &str) -> io::Result<()> {
    // Left by an editor that died. Nobody else can be writing it: the folder is locked.
    let _ = fs::remove_file(temporary);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(temporary)?;
    file.write_all(content.as_bytes())?;
    file.sync_data()?;
    fs::rename(temporary, target)
}

fn failure(action: &str, path: &Path, error: io::Error) -> Error {
    Error::new(ErrorKind::Settings, format!("cannot {action} {}", path.display())).with_source(error)
}
