//! Clauses about names: any text is a key, and no two keys are one object.

use std::collections::HashSet;

use keepwell_core::storage::{ObjectKind, ObjectName, ResultStorage};

use super::sample::{blob, head, lock, put, read, unique};

/// Every key is written, read, listed and removed by itself, whatever it looks like.
pub fn names_of_every_shape_are_objects_of_their_own<S: ResultStorage>(new_storage: impl Fn() -> S) {
    assert_are_objects_of_their_own(&new_storage(), ObjectKind::Head, head);
}

/// The same of locks.
pub fn locks_of_every_shape_are_objects_of_their_own<S: ResultStorage>(new_storage: impl Fn() -> S) {
    assert_are_objects_of_their_own(&new_storage(), ObjectKind::Lock, lock);
}

fn assert_are_objects_of_their_own(storage: &impl ResultStorage, kind: ObjectKind, name: fn(&str) -> ObjectName) {
    let written: Vec<_> = shapes().iter().map(|key| (name(key), unique("shape"))).collect();
    for (name, bytes) in &written {
        assert_eq!(read(storage, name), None, "{name} is there before it was written");
        put(storage, name, bytes);
    }
    for (name, bytes) in &written {
        assert_eq!(read(storage, name).as_ref(), Some(bytes), "{name}");
    }
    let mut left: HashSet<ObjectName> = written.iter().map(|(name, _)| name.clone()).collect();
    for (name, _) in &written {
        let listed: HashSet<_> = storage.list(kind).expect("a storage can be listed").into_iter().collect();
        assert_eq!(listed, left);
        assert!(storage.remove(name, None).expect("an object can be removed"), "{name}");
        left.remove(name);
    }
}

/// A head, a lock, a blob and a decision are never one object, even where their names read the same.
pub fn objects_of_different_kinds_never_meet<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    let (payload, record) = (unique("payload"), unique("record"));
    let ObjectName::Blob(digest) = blob(&payload) else { unreachable!("a blob is named by its digest") };
    put(&storage, &blob(&payload), &payload);
    assert_eq!(read(&storage, &head(&digest.to_hex())), None);
    put(&storage, &head(&digest.to_hex()), &record);
    assert_eq!(read(&storage, &blob(&payload)), Some(payload));
    assert_eq!(read(&storage, &head(&digest.to_hex())), Some(record));
    // Also where the name is cut and the whole text of the key is kept beside it.
    for key in ["k", &"k".repeat(300)] {
        put(&storage, &lock(key), &unique("lock"));
        assert_eq!(read(&storage, &head(key)), None);
        put(&storage, &head(key), &unique("record"));
        assert!(storage.remove(&head(key), None).expect("an object can be removed"));
        assert_eq!(storage.list(ObjectKind::Lock).expect("a storage can be listed"), [lock(key)]);
        assert!(storage.remove(&lock(key), None).expect("an object can be removed"));
    }
}

fn shapes() -> Vec<String> {
    let mut keys: Vec<String> = SHORT.iter().copied().map(str::to_owned).collect();
    for length in [199, 200, 201, 255, 256, 10 * 1024] {
        keys.push("k".repeat(length));
        keys.push(format!("{}!", "k".repeat(length - 1)));
        keys.push("é".repeat(length));
    }
    keys
}

#[rustfmt::skip]
const SHORT: &[&str] = &[
    "report", "report.v1", "report.v2", "report.", "Report", "REPORT", "a/b", "a", "b", "a%2Fb", "a\\b", "/", "//",
    "/etc/passwd", "../x", "..", ".", "...", "~x", "~", "~root/x", ".hidden", "-rf", "--", "CON", "con", "nul.txt",
    " ", "two words", " leading", "trailing ", "tab\there", "line\nbreak", "a\0b", "%", "%00", "100%", "a~b",
    "*", "?", "a?b#c&d", "a:b", "|", "<>", "\"quoted\"", "'", "$HOME", "`id`", "é", "e\u{301}", "名前", "🦀",
    "\u{202e}", ".keepwell", ".keepwell/store.json", "store.json", "tmp", "blobs",
];
