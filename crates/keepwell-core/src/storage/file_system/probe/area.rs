//! Where things are tried out: temporary files beside those that are being written. Whatever was made is taken away when
//! the area goes; of a process that is killed, the next writer clears the files away like any other's.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode};

use super::calls::Calls;
use crate::Error;
use crate::storage::file_system::folder::{make_at, open_folder};
use crate::storage::file_system::names::PRIVATE;
use crate::storage::file_system::temporary::temporary_name;
use crate::storage::file_system::{fault, sync};

/// A folder for temporary files, and those that were made in it.
pub(super) struct Area<'a> {
    calls: &'a dyn Calls,
    root: File,
    folder: File,
    path: PathBuf,
    files: RefCell<Vec<String>>,
    /// Last, so that the folders go after the files in them.
    _made: MadeFolders,
}

/// Folders that were not there before, the outermost first.
#[derive(Default)]
struct MadeFolders(Vec<PathBuf>);

impl<'a> Area<'a> {
    /// Opens `.keepwell/tmp` in the folder at `root`, and makes what of that is not there.
    pub(super) fn make(root: &Path, calls: &'a dyn Calls) -> Result<Self, Error> {
        let cannot = |cause: io::Error| fault::cannot_write(root, cause);
        let mut made = MadeFolders::default();
        made.make_all(root).map_err(cannot)?;
        let opened = File::open(root).map_err(cannot)?;
        let private = made.make_in(&opened, root, PRIVATE).map_err(cannot)?;
        let folder = made.make_in(&private, &root.join(PRIVATE), "tmp").map_err(cannot)?;
        let path = root.join(PRIVATE).join("tmp");
        Ok(Self { calls, root: opened, folder, path, files: RefCell::default(), _made: made })
    }

    pub(super) fn calls(&self) -> &dyn Calls {
        self.calls
    }

    /// The store's own folder.
    pub(super) fn root(&self) -> &File {
        &self.root
    }

    /// The folder that the files are in.
    pub(super) fn folder(&self) -> &File {
        &self.folder
    }

    /// The path of one of the files.
    pub(super) fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A name that no file has yet; one that gets it is taken away in the end.
    pub(super) fn name(&self) -> String {
        self.will_take_away(temporary_name())
    }

    /// Has the file of this name taken away in the end.
    pub(super) fn will_take_away(&self, name: String) -> String {
        self.files.borrow_mut().push(name.clone());
        name
    }

    /// A new file with this content.
    pub(super) fn file(&self, content: &[u8]) -> io::Result<(String, File)> {
        let name = self.name();
        let mut file = self.calls.create(&self.folder, &name)?;
        file.write_all(content)?;
        Ok((name, file))
    }

    /// What the file of this name holds; `None` where there is none.
    pub(super) fn content(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match self.calls.open(&self.folder, name) {
            Ok(file) => Ok(Some(io::read_to_string(file)?.into_bytes())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn cannot_write(&self, cause: io::Error) -> Error {
        fault::cannot_write(&self.path, cause)
    }
}

impl Drop for Area<'_> {
    fn drop(&mut self) {
        for name in self.files.borrow().iter() {
            // Most have been renamed or removed by what was tried out.
            let _ = rustix::fs::unlinkat(&self.folder, name, AtFlags::empty());
        }
    }
}

impl MadeFolders {
    /// Makes the folder and those above it that are not there.
    fn make_all(&mut self, path: &Path) -> io::Result<()> {
        let missing: Vec<_> = path.ancestors().take_while(|folder| !folder.exists()).collect();
        for folder in missing.into_iter().rev() {
            if make_at(CWD, folder, Mode::RWXU)? {
                self.0.push(folder.to_owned());
            }
        }
        Ok(())
    }

    /// Opens a folder in a folder, made where it is not there.
    fn make_in(&mut self, parent: &File, path: &Path, name: &str) -> io::Result<File> {
        if make_at(parent, name, Mode::RWXU)? {
            self.0.push(path.join(name));
            // A store that begins here meanwhile finds the name as durable as it makes its own.
            sync::sync_entries(parent)?;
        }
        Ok(open_folder(parent, name)?)
    }
}

impl Drop for MadeFolders {
    fn drop(&mut self) {
        for folder in self.0.iter().rev() {
            // One that is not empty is in use by now, and stays.
            let _ = std::fs::remove_dir(folder);
        }
    }
}
