//! The folder on the disk: who may use it, what is planted in it, and what leaves it.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use keepwell_core::key::{CacheKey, Digest};
use keepwell_core::storage::{
    Durability, FileSystemOptions, FileSystemStorage, ObjectKind, ObjectName, ResultStorage, SMALL_OBJECT_LIMIT,
    StorageFault,
};
use keepwell_core::{Error, ErrorKind};
use tempfile::TempDir;

fn head(key: &str) -> ObjectName {
    ObjectName::Head(CacheKey::new(key).unwrap())
}

fn put(storage: &FileSystemStorage, name: &ObjectName, bytes: &[u8]) {
    storage.put(name, Bytes::copy_from_slice(bytes), Durability::None).unwrap();
}

fn read(storage: &FileSystemStorage, name: &ObjectName) -> Option<Bytes> {
    storage.get(name, SMALL_OBJECT_LIMIT).unwrap().map(|object| object.bytes)
}

fn read_error(storage: &FileSystemStorage, name: &ObjectName) -> Error {
    match storage.get(name, SMALL_OBJECT_LIMIT) {
        Err(StorageFault::Unavailable(error)) => error,
        other => panic!("expected a failure, not {other:?}"),
    }
}

/// A folder for a store, with one object in it.
fn written() -> (TempDir, PathBuf, FileSystemStorage) {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("store");
    let storage = FileSystemStorage::open(&path).unwrap();
    put(&storage, &head("first"), b"first");
    (outer, path, storage)
}

fn mode(path: impl AsRef<Path>) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o777
}

/// Every path below a folder, without the folder.
fn tree(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = entries
        .flat_map(|path| {
            let below = if path.symlink_metadata().unwrap().is_dir() { tree(&path) } else { Vec::new() };
            below.into_iter().chain([path])
        })
        .collect();
    paths.sort();
    paths
}

#[test]
fn the_first_write_makes_the_folder_and_no_read_does() {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("a/b/store");
    let storage = FileSystemStorage::open(&path).unwrap();
    assert_eq!(read(&storage, &head("a")), None);
    assert_eq!(storage.identity(&head("a")).unwrap(), None);
    assert_eq!(storage.list(ObjectKind::Blob).unwrap(), []);
    assert_eq!(storage.id().unwrap(), None);
    assert_eq!(tree(outer.path()), [] as [PathBuf; 0]);
    put(&storage, &head("a"), b"x");
    assert_eq!(fs::read(path.join("a")).unwrap(), b"x");
    assert!(storage.id().unwrap().is_some());
}

#[test]
fn everything_is_open_to_its_owner_alone() {
    let (_outer, path, storage) = written();
    put(&storage, &ObjectName::Blob(Digest::of(b"b")), b"b");
    put(&storage, &head(&"long".repeat(100)), b"x");
    let modes: Vec<u32> = tree(&path).into_iter().filter(|path| path.is_file()).map(mode).collect();
    assert!(modes.len() > 5 && modes.iter().all(|mode| *mode == 0o600), "{modes:?}");
    let modes: Vec<u32> = tree(&path).into_iter().filter(|path| path.is_dir()).chain([path]).map(mode).collect();
    assert!(modes.len() > 7 && modes.iter().all(|mode| *mode == 0o700), "{modes:?}");
}

#[test]
fn in_shared_mode_everything_is_open_to_the_group() {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("store");
    let options = FileSystemOptions { shared: true, ..FileSystemOptions::default() };
    let storage = FileSystemStorage::open_with(&path, options).unwrap();
    put(&storage, &head("first"), b"first");
    assert_eq!([mode(&path), mode(path.join(".keepwell/tmp")), mode(path.join("first"))], [0o770, 0o770, 0o660]);
    fs::set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
    assert!(FileSystemStorage::open_with(&path, options).is_ok());
}

#[test]
fn a_folder_that_others_may_write_to_is_refused() {
    let (_outer, path, _storage) = written();
    fs::set_permissions(&path, Permissions::from_mode(0o707)).unwrap();
    let error = FileSystemStorage::open(&path).unwrap_err();
    assert_eq!(error.to_string(), format!("the folder `{}` can be written to by others", path.display()));
    assert!(error.hint().unwrap().contains("chmod go-w"));
}

#[test]
fn a_path_that_is_a_file_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    assert_eq!(FileSystemStorage::open(file.path()).unwrap_err().kind(), ErrorKind::Storage);
}

#[test]
fn what_is_planted_at_a_name_is_not_read_and_does_not_hang() {
    let (outer, path, storage) = written();
    fs::write(outer.path().join("secret"), "secret").unwrap();
    symlink(outer.path().join("secret"), path.join("link")).unwrap();
    symlink("first", path.join("inner-link")).unwrap();
    fs::create_dir(path.join("folder")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, path.join("pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let _listener = UnixListener::bind(path.join("socket")).unwrap();
    File::create(path.join("sparse")).unwrap().set_len(1 << 40).unwrap();
    for key in ["link", "inner-link", "folder", "pipe", "socket", "sparse"] {
        assert_eq!(read_error(&storage, &head(key)).kind(), ErrorKind::Corrupt, "{key}");
        let created = storage.create(&head(key), Bytes::new(), Durability::None);
        assert!(matches!(created, Err(StorageFault::Precondition)), "{key}");
    }
    for key in ["link", "inner-link", "pipe", "socket", "sparse"] {
        put(&storage, &head(key), b"new");
        assert_eq!(read(&storage, &head(key)), Some(Bytes::from_static(b"new")), "{key}");
    }
    assert_eq!(fs::read(outer.path().join("secret")).unwrap(), b"secret");
    assert_eq!(read(&storage, &head("first")), Some(Bytes::from_static(b"first")));
}

#[test]
fn a_write_never_reaches_through_a_hard_link() {
    let (outer, path, storage) = written();
    let outside = outer.path().join("outside");
    fs::write(&outside, "outside").unwrap();
    fs::hard_link(&outside, path.join("linked")).unwrap();
    put(&storage, &head("linked"), b"new");
    assert_eq!(fs::read(&outside).unwrap(), b"outside");
    assert_eq!(fs::read(path.join("linked")).unwrap(), b"new");
}

#[test]
fn a_link_in_the_place_of_an_inner_folder_is_not_followed() {
    let (outer, path, storage) = written();
    let blob = ObjectName::Blob(Digest::of(b"blob"));
    put(&storage, &blob, b"blob");
    let elsewhere = outer.path().join("elsewhere");
    fs::rename(path.join(".keepwell"), &elsewhere).unwrap();
    symlink(&elsewhere, path.join(".keepwell")).unwrap();
    assert_eq!(read_error(&storage, &blob).kind(), ErrorKind::Corrupt);
    let error = FileSystemStorage::open(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{}", error.report());
}

#[test]
fn no_name_leads_out_of_the_folder() {
    let (outer, path, storage) = written();
    for key in ["../x", "/etc/keepwell", "a/../../x", "..", ".", "~/x", ".keepwell/store.json", "a\0b"] {
        assert_eq!(read(&storage, &head(key)), None, "{key}");
        put(&storage, &head(key), b"x");
        assert!(storage.remove(&head(key), None).unwrap());
    }
    let around: Vec<_> = fs::read_dir(outer.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(around, [path]);
    assert!(storage.id().unwrap().is_some());
}

#[test]
fn files_of_anybody_elses_are_neither_listed_nor_touched() {
    let (_outer, path, storage) = written();
    for name in ["my notes.txt", ".hidden", "%41", "a~b"] {
        fs::write(path.join(name), "mine").unwrap();
    }
    assert_eq!(storage.list(ObjectKind::Head).unwrap(), [head("first")]);
    assert_eq!(read(&storage, &head("my notes.txt")), None);
    assert_eq!(fs::read(path.join("my notes.txt")).unwrap(), b"mine");
}

#[test]
fn a_removed_folder_is_a_miss_and_the_next_write_makes_it_anew() {
    for part in ["", ".keepwell"] {
        let (_outer, path, storage) = written();
        fs::remove_dir_all(path.join(part)).unwrap();
        assert_eq!(read(&storage, &head("second")), None);
        put(&storage, &head("second"), b"second");
        assert_eq!(read(&storage, &head("second")), Some(Bytes::from_static(b"second")));
        assert_eq!(fs::read(path.join("second")).unwrap(), b"second");
    }
}

#[test]
fn a_reader_finds_a_folder_that_somebody_else_made_anew() {
    let (_outer, path, storage) = written();
    fs::remove_dir_all(&path).unwrap();
    put(&FileSystemStorage::open(&path).unwrap(), &head("second"), b"second");
    assert_eq!(read(&storage, &head("second")), None);
    assert_eq!(read(&storage, &head("second")), Some(Bytes::from_static(b"second")));
}

#[test]
fn the_quarantine_drops_its_oldest_files_beyond_its_limit() {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("store");
    let options = FileSystemOptions { quarantine_limit: 250, ..FileSystemOptions::default() };
    let storage = FileSystemStorage::open_with(&path, options).unwrap();
    for key in ["a", "b", "c", "d"] {
        put(&storage, &head(key), &[key.as_bytes()[0]; 100]);
        let object = storage.get(&head(key), SMALL_OBJECT_LIMIT).unwrap().unwrap();
        storage.quarantine(&head(key), &object.version()).unwrap();
    }
    let kept = tree(&path.join(".keepwell/quarantine"));
    let first_bytes: Vec<u8> = kept.iter().map(|file| fs::read(file).unwrap()[0]).collect();
    assert_eq!(first_bytes, b"cd");
}

#[test]
fn a_blob_that_is_there_counts_as_new_again_and_a_cut_one_is_written_again() {
    let (_outer, path, storage) = written();
    let digest = Digest::of(b"blob");
    let file = path.join(format!(".keepwell/blobs/{}/{digest}", &digest.to_hex()[..2]));
    put(&storage, &ObjectName::Blob(digest), b"blob");
    let long_ago = std::time::SystemTime::UNIX_EPOCH;
    File::options().write(true).open(&file).unwrap().set_modified(long_ago).unwrap();
    let inode = fs::metadata(&file).unwrap().ino();
    put(&storage, &ObjectName::Blob(digest), b"blob");
    let renewed = fs::metadata(&file).unwrap();
    assert_eq!(renewed.ino(), inode);
    assert!(renewed.modified().unwrap() > long_ago);
    File::options().write(true).open(&file).unwrap().set_len(2).unwrap();
    put(&storage, &ObjectName::Blob(digest), b"blob");
    assert_eq!(fs::read(&file).unwrap(), b"blob");
}
