//! What is outside the store and nobody's business.

use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::failure::{Checked, demand};

const SECRET: &str = "nobody may read this";

/// A folder with a file and a folder in it.
#[derive(Debug)]
pub(super) struct Outside {
    folder: PathBuf,
    long_ago: SystemTime,
}

impl Outside {
    /// Makes it.
    pub(super) fn make(folder: &Path) -> Checked<Self> {
        fs::create_dir_all(folder.join("inner"))?;
        fs::write(folder.join("inner/file"), SECRET)?;
        fs::write(folder.join("secret"), SECRET)?;
        let outside = Self { folder: folder.to_owned(), long_ago: SystemTime::now() - Duration::from_secs(3600) };
        for name in ["secret", "inner/file"] {
            // Older than its content, so that any reading shows, also where most are not noted.
            let times = FileTimes::new().set_accessed(outside.long_ago);
            File::options().write(true).open(outside.path(name))?.set_times(times)?;
        }
        Ok(outside)
    }

    /// A path in it.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Demands that nobody has written to it, and nobody has read it either, except under a name inside the store.
    pub(super) fn must_be_untouched(&self, but_may_be_read: bool) -> Checked<()> {
        let mut names: Vec<_> =
            fs::read_dir(&self.folder)?.map(|entry| Ok(entry?.file_name())).collect::<Checked<_>>()?;
        names.sort();
        demand(names == ["inner", "secret"], || format!("outside there are now {names:?}"))?;
        let inner = fs::read_dir(self.path("inner"))?.count();
        demand(inner == 1, || format!("in a folder outside there are now {inner} files"))?;
        for name in ["secret", "inner/file"] {
            let accessed = fs::metadata(self.path(name))?.accessed()?;
            demand(but_may_be_read || accessed == self.long_ago, || format!("`{name}` outside was read"))?;
            let content = fs::read_to_string(self.path(name))?;
            demand(content == SECRET, || format!("`{name}` outside was written to"))?;
        }
        Ok(())
    }
}
