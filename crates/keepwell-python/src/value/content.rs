//! The content of files and folders as inputs.

use std::collections::HashMap;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use keepwell_core::cbor::{Sink, tag};
use keepwell_core::key::{Digest, KeyHasher};
use parking_lot::Mutex;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use super::failure::Failure;
use super::walk::Walker;

/// A file that was changed more recently may be changed again within the same tick of the file system's clock.
const SETTLED: Duration = Duration::from_secs(2);
/// How many files' digests are remembered.
const MOST_REMEMBERED: usize = 65_536;

/// What a file looks like from outside while its content stays the same.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

static REMEMBERED: Mutex<Option<HashMap<PathBuf, (Identity, Digest)>>> = Mutex::new(None);

impl Identity {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

pub(super) fn write_file<'py>(walker: &mut Walker<'py, '_>, value: &Bound<'py, PyAny>) -> Result<(), Failure> {
    let path: PathBuf = value.getattr(intern!(walker.py, "path"))?.extract()?;
    let digest = walker.py.detach(|| file_digest(&path));
    let digest = digest.map_err(|error| unreadable(&path, error))?;
    let mut encoder = walker.encoder();
    encoder.tag(tag::FILE);
    encoder.bytes(digest.as_bytes());
    Ok(())
}

pub(super) fn write_directory<'py>(walker: &mut Walker<'py, '_>, value: &Bound<'py, PyAny>) -> Result<(), Failure> {
    let py = walker.py;
    let path: PathBuf = value.getattr(intern!(py, "path"))?.extract()?;
    let files = py.detach(|| folder_digests(&path));
    let files = files.map_err(|error| unreadable(&path, error))?;
    let mut fields = Vec::with_capacity(files.len());
    for (name, digest) in files {
        let name = name.into_os_string().into_string();
        let name = name.map_err(|name| Failure::new(format!("the name of the file {name:?} is not UTF-8")))?;
        fields.push((PyString::new(py, &name), PyBytes::new(py, digest.as_bytes()).into_any()));
    }
    walker.encoder().tag(tag::DIRECTORY);
    walker.open_fields(value, fields)
}

fn unreadable(path: &Path, error: io::Error) -> Failure {
    Failure::new(format!("cannot read {}: {error}", path.display()))
}

/// The digest of a file's content, read only if the file has changed since it was read last.
fn file_digest(path: &Path) -> io::Result<Digest> {
    let before = Identity::of(&std::fs::metadata(path)?);
    if let Some((identity, digest)) = REMEMBERED.lock().as_ref().and_then(|files| files.get(path))
        && *identity == before
    {
        return Ok(*digest);
    }
    let digest = hash_file(path)?;
    let metadata = std::fs::metadata(path)?;
    if Identity::of(&metadata) == before && has_settled(&metadata) {
        let mut remembered = REMEMBERED.lock();
        let remembered = remembered.get_or_insert_default();
        if remembered.len() >= MOST_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(path.to_owned(), (before, digest));
    }
    Ok(digest)
}

fn has_settled(metadata: &Metadata) -> bool {
    let age = metadata.modified().ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
    age.is_some_and(|age| age >= SETTLED)
}

fn hash_file(path: &Path) -> io::Result<Digest> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut file = std::fs::File::open(path)?;
    let mut hasher = KeyHasher::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match io::Read::read(&mut file, &mut buffer) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(length) => hasher.write(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The digests of all files in a folder and in the folders in it, by their paths from there. Links are followed to
/// files, and to folders too unless they lead back to one that they are in.
fn folder_digests(root: &Path) -> io::Result<Vec<(PathBuf, Digest)>> {
    let mut files = Vec::new();
    let mut folders = vec![(root.to_owned(), PathBuf::new(), vec![std::fs::canonicalize(root)?])];
    while let Some((folder, name, inside)) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let (path, name) = (entry.path(), name.join(entry.file_name()));
            if !std::fs::metadata(&path)?.is_dir() {
                files.push((name, file_digest(&path)?));
                continue;
            }
            let real = std::fs::canonicalize(&path)?;
            if !inside.contains(&real) {
                let inside = inside.iter().cloned().chain([real]).collect();
                folders.push((path, name, inside));
            }
        }
    }
    Ok(files)
}
