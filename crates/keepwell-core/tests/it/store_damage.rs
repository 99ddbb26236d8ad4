//! Damage on the disk, seen through the store: never served, put aside, said, and healed by the next commit.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use keepwell_core::key::Digest;
use keepwell_core::store::{MissReason, ResultStore};
use tempfile::TempDir;

use crate::store_fixture::*;

struct Damaged {
    outer: TempDir,
    store: Arc<ResultStore>,
}

impl Damaged {
    fn new() -> Self {
        let outer = tempfile::tempdir().unwrap();
        let store = store(folder(outer.path()));
        Self { outer, store }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.outer.path().join(name)
    }

    fn blob(&self, payload: &[u8]) -> PathBuf {
        let digest = Digest::of(payload).to_hex();
        self.path(&format!(".keepwell/blobs/{}/{digest}", &digest[..2]))
    }

    fn quarantined(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path(".keepwell/quarantine")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// Checks that what is at `path` is not served but kept aside as it is, and that the next commit heals it.
    fn assert_caught(&self, path: &Path, damaged: &[u8], payload: &Bytes, what: &str) {
        let reason = miss(&self.store, "a");
        assert!(matches!(reason, MissReason::Corrupt(_)), "{what}: {reason:?}");
        assert!(!path.exists(), "{what}");
        let aside = self.quarantined();
        assert_eq!(aside.len(), 1, "{what}");
        assert_eq!(fs::read(&aside[0]).unwrap(), damaged, "{what}");
        fs::remove_file(&aside[0]).unwrap();
        assert!(
            matches!(miss(&self.store, "a"), MissReason::Absent | MissReason::ResultMissing(_)),
            "said once: {what}"
        );
        put(&self.store, "a", payload.clone());
        assert_eq!(read(&self.store, "a").as_ref(), Some(payload), "{what}");
    }
}

#[test]
fn a_flipped_bit_in_any_byte_of_a_head_is_caught() {
    let damaged = Damaged::new();
    let (path, payload) = (damaged.path("a"), Bytes::from_static(b"the payload"));
    put(&damaged.store, "a", payload.clone());
    for at in 0..fs::read(&path).unwrap().len() {
        let mut bytes = fs::read(&path).unwrap();
        bytes[at] ^= 1 << (at % 8);
        fs::write(&path, &bytes).unwrap();
        damaged.assert_caught(&path, &bytes, &payload, &format!("byte {at}"));
    }
}

#[test]
fn a_head_cut_at_any_length_is_caught() {
    let damaged = Damaged::new();
    let (path, payload) = (damaged.path("a"), Bytes::from_static(b"the payload"));
    put(&damaged.store, "a", payload.clone());
    for length in 0..fs::read(&path).unwrap().len() {
        let bytes = fs::read(&path).unwrap()[..length].to_vec();
        fs::write(&path, &bytes).unwrap();
        damaged.assert_caught(&path, &bytes, &payload, &format!("length {length}"));
    }
}

#[test]
fn a_flipped_bit_or_a_cut_in_a_blob_is_caught() {
    let damaged = Damaged::new();
    let payload = large(1);
    let path = damaged.blob(&payload);
    put(&damaged.store, "a", payload.clone());
    for at in (0..LARGE).step_by(401).chain([LARGE - 1]) {
        let mut bytes = payload.to_vec();
        bytes[at] ^= 0x10;
        fs::write(&path, &bytes).unwrap();
        damaged.assert_caught(&path, &bytes, &payload, &format!("byte {at}"));
        fs::write(&path, &payload[..at]).unwrap();
        damaged.assert_caught(&path, &payload[..at], &payload, &format!("length {at}"));
    }
}

#[test]
fn swapped_heads_are_caught() {
    let damaged = Damaged::new();
    put(&damaged.store, "a", "1");
    put(&damaged.store, "b", "2");
    fs::rename(damaged.path("a"), damaged.path("c")).unwrap();
    fs::rename(damaged.path("b"), damaged.path("a")).unwrap();
    fs::rename(damaged.path("c"), damaged.path("b")).unwrap();
    for name in ["a", "b"] {
        assert!(matches!(miss(&damaged.store, name), MissReason::Corrupt(what) if what.contains("quarantine")));
    }
    assert_eq!(damaged.quarantined().len(), 2);
}

#[test]
fn swapped_blobs_are_caught() {
    let damaged = Damaged::new();
    put(&damaged.store, "a", large(1));
    put(&damaged.store, "b", large(2));
    let (one, other) = (damaged.blob(&large(1)), damaged.blob(&large(2)));
    fs::write(&one, large(2)).unwrap();
    fs::write(&other, large(1)).unwrap();
    for name in ["a", "b"] {
        assert!(matches!(miss(&damaged.store, name), MissReason::Corrupt(_)));
    }
}

#[test]
fn what_is_planted_at_a_head_is_a_miss_that_the_next_commit_heals() {
    let damaged = Damaged::new();
    put(&damaged.store, "other", "1");
    symlink("other", damaged.path("link")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, damaged.path("pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    fs::File::create(damaged.path("sparse")).unwrap().set_len(1 << 40).unwrap();
    for name in ["link", "pipe", "sparse"] {
        let reason = miss(&damaged.store, name);
        assert!(matches!(reason, MissReason::Corrupt(_)), "{name}: {reason:?}");
        put(&damaged.store, name, name.to_owned());
        assert_eq!(read(&damaged.store, name), Some(Bytes::from(name)));
    }
    assert_eq!(read(&damaged.store, "other"), Some(Bytes::from_static(b"1")));
}

#[test]
fn an_oversize_blob_is_a_miss_that_the_next_commit_heals() {
    let damaged = Damaged::new();
    put(&damaged.store, "a", large(1));
    fs::write(damaged.blob(&large(1)), vec![1; LARGE + 1]).unwrap();
    assert!(matches!(miss(&damaged.store, "a"), MissReason::Corrupt(_)));
    put(&damaged.store, "a", large(1));
    assert_eq!(read(&damaged.store, "a"), Some(large(1)));
}
