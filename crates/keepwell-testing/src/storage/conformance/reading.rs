//! Clauses about reading: what was written comes back, whole, and nothing else does.

use bytes::Bytes;
use keepwell_core::ErrorKind;
use keepwell_core::storage::{Durability, ResultStorage, StorageFault};

use super::sample::{blob, decision, head, is_refused, object, put, read, unique};

/// An object that was never written is `None`, for every kind, and has no identity.
pub fn an_absent_object_is_none_and_not_a_failure<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    for name in [head("absent"), blob(b"absent"), decision()] {
        assert_eq!(read(&storage, &name), None, "{name}");
        assert_eq!(storage.identity(&name).expect("absence is no failure"), None, "{name}");
    }
}

/// The bytes come back for every kind of object.
pub fn an_object_reads_back_as_it_was_written<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    let bytes = Bytes::from_iter(0..=u8::MAX);
    for name in [head("object"), blob(&bytes), decision()] {
        put(&storage, &name, &bytes);
        assert_eq!(read(&storage, &name), Some(bytes.clone()), "{name}");
    }
}

/// No bytes are a content like any other.
pub fn an_empty_object_is_not_an_absent_one<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    put(&storage, &head("empty"), &Bytes::new());
    assert_eq!(read(&storage, &head("empty")), Some(Bytes::new()));
    assert!(is_refused(&storage.create(&head("empty"), unique("second"), Durability::None)));
}

/// Eight mebibytes come back, as a blob and as a plain result.
pub fn a_big_object_reads_back_whole<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    let bytes: Bytes = (0..1_u32 << 21).flat_map(u32::to_le_bytes).collect();
    for name in [blob(&bytes), head("big")] {
        put(&storage, &name, &bytes);
        let found = storage.get(&name, bytes.len() as u64).expect("a big object can be read");
        assert!(found.expect("the big object is there").bytes == bytes, "{name} came back changed");
    }
}

/// One byte more than the limit is a failure that says the object is not what was written; the limit itself is not.
pub fn an_object_over_the_limit_is_refused<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    put(&storage, &head("ten"), &Bytes::from_static(b"0123456789"));
    assert!(storage.get(&head("ten"), 10).expect("the limit may be reached").is_some());
    match storage.get(&head("ten"), 9) {
        Err(StorageFault::Unavailable(error)) => assert_eq!(error.kind(), ErrorKind::Corrupt, "{}", error.report()),
        other => panic!("more than the limit was read: {other:?}"),
    }
}

/// A durability says what a write survives, not what it writes.
pub fn every_durability_writes_the_same<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    for durability in [Durability::None, Durability::Ordered, Durability::Full] {
        let name = head(&format!("{durability:?}"));
        let (first, second, third) = (unique("created"), unique("swapped"), unique("put"));
        storage.create(&name, first.clone(), durability).expect("an object can be created");
        assert_eq!(read(&storage, &name), Some(first));
        let version = object(&storage, &name).version();
        storage.swap(&name, second.clone(), &version, durability).expect("an object can be swapped");
        assert_eq!(read(&storage, &name), Some(second));
        storage.put(&name, third.clone(), durability).expect("an object can be put");
        assert_eq!(read(&storage, &name), Some(third));
    }
}

/// Where the storage gives identities, one lasts as long as the object is not written, and is the one that a read gives.
pub fn an_identity_changes_with_a_write_and_with_nothing_else<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    let name = head("identity");
    put(&storage, &name, &unique("same length"));
    let first = storage.identity(&name).expect("an identity can be asked for");
    assert_eq!(object(&storage, &name).identity, first);
    assert_eq!(storage.identity(&name).expect("an identity can be asked for"), first);
    put(&storage, &name, &unique("same length"));
    let second = storage.identity(&name).expect("an identity can be asked for");
    assert!(first.is_none() || first != second, "a write left the identity {first:?} as it was");
}
