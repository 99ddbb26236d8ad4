//! Verification: every damage is found and named, what can be put right is, and what is whole is left alone.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use keepwell_core::key::Digest;
use keepwell_core::record::{EncodedValue, SerializerName};
use keepwell_core::settings::{Environment, Overrides, Settings};
use keepwell_core::storage::{
    Durability, FileSystemOptions, FileSystemStorage, ObjectName, ResultStorage, SMALL_OBJECT_LIMIT, UnavailableStorage,
};
use keepwell_core::store::{
    Problem, Remedy, ResultStore, StoreOptions, Subject, Trouble, Trust, Verification, Write, commit,
};
use keepwell_core::{Error, ErrorKind};
use keepwell_testing::storage::{FailingStorage, Failure};
use tempfile::TempDir;

use crate::store_fixture::*;

/// A folder with a small record, `a`, and a large one, `b`.
struct Kept {
    outer: TempDir,
    store: Arc<ResultStore>,
}

impl Kept {
    fn new() -> Self {
        let outer = tempfile::tempdir().unwrap();
        let store = store(folder(outer.path()));
        put(&store, "a", "small");
        put(&store, "b", large(7));
        Self { outer, store }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.outer.path().join(name)
    }

    fn blob(&self, byte: u8) -> PathBuf {
        let digest = Digest::of(&large(byte)).to_hex();
        self.path(&format!(".keepwell/blobs/{}/{digest}", &digest[..2]))
    }

    fn change(&self, path: PathBuf, change: impl Fn(&mut Vec<u8>)) {
        let mut bytes = fs::read(&path).unwrap();
        change(&mut bytes);
        fs::write(path, bytes).unwrap();
    }

    fn quarantined(&self) -> usize {
        fs::read_dir(self.path(".keepwell/quarantine")).unwrap().count()
    }
}

fn told(found: &Verification) -> Vec<(String, Trouble)> {
    let mut told: Vec<_> =
        found.problems.iter().map(|problem| (problem.subject.to_string(), problem.trouble)).collect();
    told.sort();
    told
}

fn corrupt(subject: &str) -> (String, Trouble) {
    (subject.to_owned(), Trouble::Corrupt)
}

#[test]
fn of_whole_records_there_is_nothing_to_say() {
    let kept = Kept::new();
    fs::write(kept.path("notes"), "somebody's").unwrap();
    let found = kept.store.verify(true).unwrap();
    let bytes = ["a", "b"].map(|name| fs::metadata(kept.path(name)).unwrap().len()).iter().sum::<u64>() + LARGE as u64;
    assert_eq!(found, Verification { records: 2, others: 1, blobs: 1, bytes, ..Verification::default() });
    assert_eq!(found.bits(), 0);
    let empty = store(folder(&kept.path("nowhere")));
    assert_eq!(empty.verify(true).unwrap(), Verification::default());
    assert!(!kept.path("nowhere").exists());
}

#[test]
fn a_flipped_bit_in_any_byte_of_a_head_is_found() {
    let kept = Kept::new();
    let whole = fs::read(kept.path("a")).unwrap();
    for index in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[index] ^= 0x10;
        fs::write(kept.path("a"), damaged).unwrap();
        let found = kept.store.verify(false).unwrap();
        assert_eq!(told(&found), [corrupt("`a`")], "byte {index}");
    }
}

#[test]
fn a_head_that_was_cut_off_anywhere_is_found() {
    let kept = Kept::new();
    let whole = fs::read(kept.path("a")).unwrap();
    for length in 0..whole.len() {
        fs::write(kept.path("a"), &whole[..length]).unwrap();
        assert_eq!(told(&kept.store.verify(false).unwrap()), [corrupt("`a`")], "{length} bytes");
    }
    fs::write(kept.path("a"), vec![0; whole.len()]).unwrap();
    assert_eq!(told(&kept.store.verify(false).unwrap()), [corrupt("`a`")]);
}

#[test]
fn a_damaged_or_missing_payload_is_found_and_so_is_a_record_under_another_key() {
    let blob = format!("blob `{}`", Digest::of(&large(7)));
    let kept = Kept::new();
    kept.change(kept.blob(7), |bytes| bytes[100] ^= 1);
    assert_eq!(told(&kept.store.verify(false).unwrap()), [corrupt("`b`"), corrupt(&blob)]);

    let kept = Kept::new();
    kept.change(kept.blob(7), |bytes| bytes.truncate(100));
    assert_eq!(told(&kept.store.verify(false).unwrap()), [corrupt("`b`"), corrupt(&blob)]);

    let kept = Kept::new();
    fs::remove_file(kept.blob(7)).unwrap();
    assert_eq!(told(&kept.store.verify(false).unwrap()), [corrupt("`b`")]);

    let kept = Kept::new();
    fs::copy(kept.path("a"), kept.path("c")).unwrap();
    assert_eq!(told(&kept.store.verify(false).unwrap()), [corrupt("`c`")]);
}

#[test]
fn what_is_corrupt_goes_to_the_quarantine_and_then_all_is_well() {
    let kept = Kept::new();
    put(&kept.store, "c", "whole");
    kept.change(kept.path("a"), |bytes| bytes[100] ^= 1);
    kept.change(kept.blob(7), |bytes| bytes[100] ^= 1);
    let first = kept.store.verify(false).unwrap();
    assert_eq!((first.bits(), first.count(Trouble::Corrupt), kept.quarantined()), (1, 3, 0));
    let is_possible = |problem: &Problem| matches!(problem.remedy, Remedy::Possible(_));
    assert!(first.problems.iter().all(is_possible), "{first:?}");
    let repaired = kept.store.verify(true).unwrap();
    assert_eq!((repaired.bits(), repaired.count(Trouble::Corrupt), kept.quarantined()), (0, 3, 3));
    assert!(repaired.problems.iter().all(Problem::is_repaired), "{repaired:?}");
    let second = kept.store.verify(false).unwrap();
    assert_eq!((second.problems, second.records), (vec![], 1));
    assert_eq!(read(&kept.store, "c").unwrap(), "whole");
}

#[test]
fn what_was_never_a_blob_is_removed() {
    let kept = Kept::new();
    fs::remove_file(kept.blob(7)).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", kept.blob(7)).unwrap();
    let found = kept.store.verify(true).unwrap();
    assert_eq!(found.count(Trouble::Corrupt), 2, "{found:?}");
    assert!(fs::symlink_metadata(kept.blob(7)).is_err());
    assert_eq!(kept.store.verify(false).unwrap().problems, []);
}

#[test]
fn a_record_that_nobody_here_trusts_is_named_and_left() {
    let outer = tempfile::tempdir().unwrap();
    let storage: Arc<dyn ResultStorage> = folder(outer.path());
    let environment = Environment::in_directory(outer.path()).with_home(outer.path().join("home"));
    let trust = Trust::of(&Settings::load(&environment, &Overrides::new()).unwrap());
    let options = StoreOptions { trust: Some(Arc::new(trust)), ..options(Arc::clone(&storage)) };
    let owner = Arc::new(ResultStore::new(options));
    let value = EncodedValue { serializer: SerializerName::PICKLE, payload: "pickle".into() };
    commit(&[Write { value, ..write(&owner, "a", "") }]).unwrap();
    assert_eq!(owner.verify(false).unwrap().problems, []);

    let stranger = store(Arc::clone(&storage));
    let found = stranger.verify(true).unwrap();
    assert_eq!(told(&found), [("`a`".to_owned(), Trouble::Untrusted)]);
    assert_eq!((found.bits(), outer.path().join("a").exists()), (2, true));
}

#[test]
fn a_record_of_a_newer_version_or_another_store_is_named_and_left() {
    let kept = Kept::new();
    kept.change(kept.path("a"), |bytes| {
        bytes[8] = 9;
        let length = usize::from(u16::from_le_bytes([bytes[10], bytes[11]]));
        let checksum = Digest::of(&bytes[..length - 32]);
        bytes[length - 32..length].copy_from_slice(checksum.as_bytes());
    });
    let other = Kept::new();
    fs::copy(other.path("b"), kept.path("b")).unwrap();
    let found = kept.store.verify(true).unwrap();
    assert_eq!(told(&found), ["`a`", "`b`"].map(|subject| (subject.to_owned(), Trouble::Unreadable)));
    assert_eq!((found.bits(), found.removed_blobs), (4, 0), "who knows what they name");
    assert!(kept.path("a").exists() && kept.path("b").exists() && kept.blob(7).exists());
}

#[test]
fn a_failure_that_passes_is_no_problem_and_no_damage() {
    let outer = tempfile::tempdir().unwrap();
    let failing = Arc::new(FailingStorage::new(FileSystemStorage::at(outer.path(), FileSystemOptions::default())));
    let store = store(Arc::clone(&failing) as Arc<dyn ResultStorage>);
    put(&store, "a", "small");
    put(&store, "b", large(7));
    let before = failing.operations();
    let whole = store.verify(true).unwrap();
    let operations = failing.operations() - before;
    assert!(operations > 5, "{operations}");
    for nth in 1..=operations {
        failing.fail(nth, Failure::Unavailable);
        assert_eq!(store.verify(true).unwrap(), whole, "operation {nth}");
    }
    let gone = Error::new(ErrorKind::Storage, "unplugged");
    let nowhere = crate::store_fixture::store(Arc::new(UnavailableStorage::new("x", &gone)));
    assert_eq!(nowhere.verify(true).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn payloads_that_no_record_names_are_counted_and_removed_when_they_are_old() {
    let kept = Kept::new();
    let blob = ObjectName::Blob(Digest::of(b"left"));
    let storage = kept.store.result_storage();
    storage.put(&blob, "left".into(), Durability::None).unwrap();
    let found = kept.store.verify(false).unwrap();
    assert_eq!((found.bits(), found.unnamed_blobs, found.removed_blobs), (0, 1, 0));
    let repaired = kept.store.verify(true).unwrap();
    assert_eq!((repaired.bits(), repaired.unnamed_blobs, repaired.removed_blobs), (0, 1, 1));
    assert!(storage.get(&blob, SMALL_OBJECT_LIMIT).unwrap().is_none());
    assert_eq!(read(&kept.store, "b").unwrap(), large(7));
    assert_eq!(Subject::Object(blob).to_string(), format!("blob `{}`", Digest::of(b"left")));
}

#[test]
fn a_record_whose_key_is_not_noted_is_found_and_noted_again() {
    let damages: [fn(PathBuf); 2] =
        [|path| fs::remove_file(path).unwrap(), |path| fs::write(path, "another key").unwrap()];
    for damage in damages {
        let kept = Kept::new();
        let long = "k".repeat(300);
        put(&kept.store, &long, "long");
        assert_eq!(kept.store.verify(false).unwrap().records, 3);
        damage(kept.path(&format!(".keepwell/names/{}", Digest::of(long.as_bytes()))));
        let found = kept.store.verify(false).unwrap();
        assert_eq!((found.bits(), found.problems.len(), found.records), (1, 1, 3), "{found:?}");
        assert_eq!(kept.store.verify(true).unwrap().bits(), 0);
        let after = kept.store.verify(false).unwrap();
        assert_eq!((after.problems, after.records), (vec![], 3));
        assert_eq!(read(&kept.store, &long).unwrap(), "long");
    }
}
