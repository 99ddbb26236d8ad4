//! Clauses about writes that have a condition, one caller at a time.

use bytes::Bytes;
use keepwell_core::storage::{Durability, ResultStorage};

use super::sample::{blob, decision, head, is_refused, lock, object, put, read, unique};

/// A second `create` is refused and changes nothing.
pub fn create_succeeds_only_where_nothing_is<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    for name in [head("created"), lock("created"), decision()] {
        let first = unique("first");
        storage.create(&name, first.clone(), Durability::None).expect("nothing is there");
        assert!(is_refused(&storage.create(&name, unique("second"), Durability::None)), "{name} was created twice");
        assert_eq!(read(&storage, &name), Some(first), "{name}");
    }
}

/// A removed object can be created like one that never was.
pub fn create_succeeds_again_after_a_removal<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    let (name, second) = (head("again"), unique("second"));
    storage.create(&name, unique("first"), Durability::None).expect("nothing is there");
    assert!(storage.remove(&name, None).expect("an object can be removed"));
    storage.create(&name, second.clone(), Durability::None).expect("nothing is there any more");
    assert_eq!(read(&storage, &name), Some(second));
}

/// `swap` with the current version writes; with any other it is refused and changes nothing.
pub fn swap_succeeds_only_at_the_expected_version<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    for name in [head("swapped"), lock("swapped"), decision()] {
        put(&storage, &name, &unique("first"));
        let first = object(&storage, &name).version();
        let second = unique("second");
        storage.swap(&name, second.clone(), &first, Durability::None).expect("the version is the current one");
        assert!(is_refused(&storage.swap(&name, unique("third"), &first, Durability::None)), "{name}: a stale swap");
        assert_eq!(read(&storage, &name), Some(second), "{name}");
    }
}

/// There is nothing to swap where nothing is, nor after a removal.
pub fn swap_of_an_absent_object_fails<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    let name = head("gone");
    put(&storage, &name, &unique("first"));
    let version = object(&storage, &name).version();
    storage.remove(&name, None).expect("an object can be removed");
    for absent in [name, head("never")] {
        assert!(is_refused(&storage.swap(&absent, unique("second"), &version, Durability::None)), "{absent}");
        assert_eq!(read(&storage, &absent), None, "{absent}");
    }
}

/// However often an object is replaced, removed and made again, an earlier version is never the current one.
pub fn a_version_that_was_replaced_never_comes_back<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    let name = head("replaced");
    let mut earlier = Vec::new();
    for round in 0..50 {
        if round % 5 == 4 {
            storage.remove(&name, None).expect("an object can be removed");
            storage.create(&name, unique("A"), Durability::None).expect("nothing is there");
        } else {
            put(&storage, &name, &unique(["A", "B"][round % 2]));
        }
        let current = object(&storage, &name).version();
        assert!(!earlier.contains(&current), "the version {current:?} came back in round {round}");
        for stale in &earlier {
            assert!(is_refused(&storage.swap(&name, unique("stale"), stale, Durability::None)));
        }
        earlier.push(current);
    }
}

/// Reading an object does not change its version, and two reads of one write agree on it.
pub fn a_version_lasts_until_the_next_write<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    let name = head("lasting");
    put(&storage, &name, &unique("first"));
    let version = object(&storage, &name).version();
    put(&storage, &head("other"), &unique("other"));
    assert_eq!(object(&storage, &name).version(), version);
    storage.swap(&name, unique("second"), &version, Durability::None).expect("nobody wrote meanwhile");
}

/// `put` has no condition.
pub fn put_replaces_what_is_there<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    for length in [10_usize, 1000, 0, 20_000, 3] {
        let bytes = Bytes::from(vec![7; length]);
        put(&storage, &head("put"), &bytes);
        assert_eq!(read(&storage, &head("put")), Some(bytes), "{length} bytes");
    }
}

/// Writing a blob again leaves it readable, and there once.
pub fn put_of_a_blob_that_is_there_keeps_it<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    let bytes = unique("blob");
    for durability in [Durability::None, Durability::Ordered, Durability::Full] {
        storage.put(&blob(&bytes), bytes.clone(), durability).expect("a blob can be written again");
        assert_eq!(read(&storage, &blob(&bytes)), Some(bytes.clone()));
    }
    assert!(storage.remove(&blob(&bytes), None).expect("a blob can be removed"));
    assert_eq!(read(&storage, &blob(&bytes)), None);
}

/// `remove` without a version tells an object that was there from one that was not.
pub fn removal_says_whether_there_was_an_object<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    for name in [head("removed"), blob(b"removed"), decision()] {
        assert!(!storage.remove(&name, None).expect("absence is no failure"), "{name}");
        put(&storage, &name, &Bytes::from_static(b"removed"));
        assert!(storage.remove(&name, None).expect("an object can be removed"), "{name}");
        assert!(!storage.remove(&name, None).expect("absence is no failure"), "{name}");
        assert_eq!(read(&storage, &name), None, "{name}");
    }
}

/// `remove` with a version is refused unless it is the current one.
pub fn removal_at_another_version_changes_nothing<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    let (name, second) = (head("kept"), unique("second"));
    put(&storage, &name, &unique("first"));
    let stale = object(&storage, &name).version();
    put(&storage, &name, &second);
    assert!(is_refused(&storage.remove(&name, Some(&stale))), "removed at a stale version");
    assert_eq!(read(&storage, &name), Some(second));
    let current = object(&storage, &name).version();
    assert!(storage.remove(&name, Some(&current)).expect("the version is the current one"));
    assert!(is_refused(&storage.remove(&name, Some(&current))), "removed twice at one version");
}
