//! Payloads that are mapped into memory rather than read.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use keepwell_core::store::{MissReason, ResultStore, StoreOptions};

use crate::store_fixture::*;

/// Large enough to be mapped.
const SIZE: usize = 100_000;

fn mapping(path: &Path) -> Arc<ResultStore> {
    Arc::new(ResultStore::new(StoreOptions { maps_payloads: true, ..options(folder(path)) }))
}

fn payload(byte: u8) -> Bytes {
    Bytes::from(vec![byte; SIZE])
}

/// The files of the payloads in a folder.
fn blobs(path: &Path) -> Vec<PathBuf> {
    let entries = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries(path.join(".keepwell/blobs")).flat_map(entries).collect()
}

/// How many files below a folder are mapped into this process.
#[cfg(target_os = "linux")]
fn mapped(path: &Path) -> usize {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.contains(path.to_str().unwrap())).count()
}

#[test]
#[cfg(target_os = "linux")]
fn a_large_payload_is_mapped_for_as_long_as_somebody_has_it_and_only_if_asked() {
    let outer = tempfile::tempdir().unwrap();
    let store = mapping(outer.path());
    put(&store, "a", payload(7));
    let found = read(&crate::store_fixture::store(folder(outer.path())), "a");
    assert_eq!((found, mapped(outer.path())), (Some(payload(7)), 0));
    let found = read(&store, "a");
    assert_eq!((&found, mapped(outer.path())), (&Some(payload(7)), 1));
    drop(found);
    assert_eq!(mapped(outer.path()), 0);
}

#[test]
fn what_is_mapped_stays_when_the_record_is_replaced_and_its_payload_removed() {
    let outer = tempfile::tempdir().unwrap();
    let store = mapping(outer.path());
    put(&store, "a", payload(7));
    let found = read(&store, "a").unwrap();
    let [blob] = &blobs(outer.path())[..] else { panic!("one payload") };
    put(&store, "a", payload(8));
    assert_eq!(read(&store, "a"), Some(payload(8)));
    let _ = fs::remove_file(blob);
    assert_eq!(found, payload(7));
}

#[test]
fn another_store_finds_what_was_mapped_in_the_folder() {
    let outer = tempfile::tempdir().unwrap();
    put(&mapping(outer.path()), "a", payload(7));
    assert_eq!(read(&mapping(outer.path()), "a"), Some(payload(7)));
}

#[test]
fn a_damaged_payload_is_told_although_it_is_mapped() {
    let outer = tempfile::tempdir().unwrap();
    let store = mapping(outer.path());
    put(&store, "a", payload(7));
    let [blob] = &blobs(outer.path())[..] else { panic!("one payload") };
    OpenOptions::new().write(true).open(blob).unwrap().write_all_at(b"x", SIZE as u64 / 2).unwrap();
    assert!(matches!(miss(&store, "a"), MissReason::Corrupt(_)));
}
