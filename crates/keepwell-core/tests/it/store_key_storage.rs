//! Records in a storage of their own, and plain results in another.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use keepwell_core::ErrorKind;
use keepwell_core::storage::{FileSystemStorage, ObjectKind, ResultStorage};
use keepwell_core::store::{MissReason, ResultStore, StoreOptions, commit};
use tempfile::TempDir;

use crate::store_fixture::*;

struct Apart {
    _outer: TempDir,
    keys: PathBuf,
    results: PathBuf,
    store: Arc<ResultStore>,
}

fn in_folders() -> Apart {
    let outer = tempfile::tempdir().unwrap();
    let (keys, results) = (outer.path().join("keys"), outer.path().join("results"));
    let store = apart(folder(&keys), folder(&results));
    Apart { _outer: outer, keys, results, store }
}

#[test]
fn the_result_storage_holds_the_serialized_value_alone() {
    for payload in [Bytes::from_static(b"result"), large(1)] {
        let apart = in_folders();
        put(&apart.store, "a", payload.clone());
        assert_eq!(fs::read(apart.results.join("a")).unwrap(), payload);
        assert!(fs::read(apart.keys.join("a")).unwrap().starts_with(b"\x89KWL\r\n\x1a\n"));
        assert_eq!(read(&apart.store, "a"), Some(payload));
    }
}

#[test]
fn deleting_or_damaging_a_record_never_touches_its_result() {
    let apart = in_folders();
    for spoil in [|path: &PathBuf| fs::remove_file(path).unwrap(), |path: &PathBuf| fs::write(path, "edited").unwrap()]
    {
        put(&apart.store, "a", "result");
        spoil(&apart.keys.join("a"));
        assert!(matches!(miss(&apart.store, "a"), MissReason::Absent | MissReason::Corrupt(_)));
        assert_eq!(fs::read(apart.results.join("a")).unwrap(), b"result");
        put(&apart.store, "a", "again");
        assert_eq!(read(&apart.store, "a"), Some(Bytes::from_static(b"again")));
    }
}

#[test]
fn a_missing_or_edited_result_is_a_miss_and_is_replaced() {
    let apart = in_folders();
    let path = apart.results.join("a");
    for edited in [None, Some("edited"), Some("longer than what was recorded"), Some("")] {
        put(&apart.store, "a", "result");
        match edited {
            None => fs::remove_file(&path).unwrap(),
            Some(text) => fs::write(&path, text).unwrap(),
        }
        assert!(matches!(miss(&apart.store, "a"), MissReason::ResultMissing(_)), "{edited:?}");
        assert_eq!(fs::read_to_string(&path).ok().as_deref(), edited, "a miss leaves it as it is");
        put(&apart.store, "a", "new");
        assert_eq!(read(&apart.store, "a"), Some(Bytes::from_static(b"new")));
    }
}

#[test]
fn a_reader_without_the_key_storage_says_what_it_lacks() {
    let apart = in_folders();
    put(&apart.store, "a", "result");
    let alone = store(folder(&apart.keys));
    assert!(matches!(miss(&alone, "a"), MissReason::ResultMissing(what) if what.contains("no key storage")));
    assert_eq!(read(&apart.store, "a"), Some(Bytes::from_static(b"result")));
}

#[test]
fn one_folder_for_both_is_refused_under_any_name() {
    let outer = tempfile::tempdir().unwrap();
    let (path, link) = (outer.path().join("store"), outer.path().join("link"));
    fs::create_dir(&path).unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let store = apart(folder(&link), folder(&path));
    assert_eq!(miss(&store, "a"), MissReason::Absent);
    for _ in 0..2 {
        let error = commit(&[write(&store, "a", "1")]).unwrap_err();
        let (link, path) = (link.display(), path.display());
        assert_eq!(error.to_string(), format!("the key storage {link} is the result storage {path}"));
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
    assert_eq!(store.look_up(&key("a")).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(FileSystemStorage::open(&path).unwrap().list(ObjectKind::Head).unwrap(), []);
}

#[test]
fn a_compressing_store_does_not_compress_plain_results() {
    let apart = in_folders();
    let options =
        StoreOptions { compression: keepwell_core::record::Compression::Lz4, ..apart.store.options().clone() };
    let store = Arc::new(ResultStore::new(options));
    put(&store, "a", large(1));
    assert_eq!(fs::read(apart.results.join("a")).unwrap(), large(1));
    assert_eq!(read(&store, "a"), Some(large(1)));
}
