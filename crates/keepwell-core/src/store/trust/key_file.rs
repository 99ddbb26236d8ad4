//! The user's own key: a file that only its owner can read, made when it is first needed.
//!
//! It holds 64 hexadecimal digits and a line feed. It appears whole: it is written under another name and then linked, so
//! that of several processes that make one at once exactly one wins, and all use that one.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rustix::fs::OFlags;

use crate::record::KeyedHash;
use crate::settings::SigningKey;
use crate::{Error, ErrorKind};

/// More than a key file has.
const LIMIT: u64 = 128;

/// A key in a file, read once.
#[derive(Debug)]
pub(super) struct OwnKey {
    path: PathBuf,
    key: OnceLock<KeyedHash>,
}

impl OwnKey {
    /// The key in the file at `path`, which is not looked at yet.
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path, key: OnceLock::new() }
    }

    /// The key, or `None` where there is no file yet.
    pub(super) fn find(&self) -> Result<Option<&KeyedHash>, Error> {
        if let Some(key) = self.key.get() {
            return Ok(Some(key));
        }
        let found = read(&self.path)?;
        Ok(found.map(|secret| self.remember(&secret)))
    }

    /// The key, made where there is none.
    pub(super) fn find_or_make(&self) -> Result<&KeyedHash, Error> {
        if let Some(key) = self.find()? {
            return Ok(key);
        }
        make(&self.path).map_err(|cause| cannot(&self.path, "make", cause))?;
        let made = read(&self.path)?.ok_or_else(|| cannot(&self.path, "read", io::ErrorKind::NotFound.into()))?;
        Ok(self.remember(&made))
    }

    fn remember(&self, secret: &SigningKey) -> &KeyedHash {
        self.key.get_or_init(|| KeyedHash::new(*secret.reveal()))
    }
}

/// The key in the file, if there is one and nobody else could have read or written it.
fn read(path: &Path) -> Result<Option<SigningKey>, Error> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let flags = i32::try_from(flags.bits()).expect("the flags of open are an int in C");
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(cannot(path, "read", cause)),
    };
    let metadata = file.metadata().map_err(|cause| cannot(path, "read", cause))?;
    if !metadata.is_file() {
        return Err(refused(path, "is not a regular file", "remove it; another is made when it is needed"));
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(refused(path, "belongs to another user", "remove it; another is made when it is needed"));
    }
    if metadata.mode() & 0o077 != 0 {
        let hint = "if nobody can have read it, `chmod 600` it; else remove it, and what it signed is computed anew";
        return Err(refused(path, "is open to others", hint));
    }
    let mut text = String::new();
    file.take(LIMIT).read_to_string(&mut text).map_err(|cause| cannot(path, "read", cause))?;
    let key = SigningKey::from_hex(text.trim_end());
    key.map(Some).ok_or_else(|| {
        refused(path, "does not hold 64 hexadecimal digits", "remove it; another is made when it is needed")
    })
}

/// Makes the file with a new key. Leaves one that is there by then as it is.
fn make(path: &Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let draft = path.with_extension(format!("key.{:032x}", crate::random::random_u128()));
    let linked = write_draft(&draft).and_then(|()| match std::fs::hard_link(&draft, path) {
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        outcome => outcome,
    });
    std::fs::remove_file(&draft).and(linked)?;
    File::open(folder)?.sync_all()
}

fn write_draft(draft: &Path) -> io::Result<()> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(io::Error::other)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    writeln!(file, "{}", crate::key::Digest::from_bytes(secret).to_hex())?;
    file.sync_all()
}

fn refused(path: &Path, reason: &str, hint: &str) -> Error {
    Error::new(ErrorKind::Settings, format!("the signing key `{}` {reason}", path.display())).with_hint(hint)
}

fn cannot(path: &Path, what: &str, cause: io::Error) -> Error {
    Error::new(ErrorKind::Storage, format!("cannot {what} the signing key `{}`", path.display())).with_source(cause)
}
