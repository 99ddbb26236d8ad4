//! Claims: whoever claimed a key last may commit under it, and nobody who claimed it before.

use std::sync::Arc;

use bytes::Bytes;
use keepwell_core::ErrorKind;
use keepwell_core::record::{Claim, HeadObject};
use keepwell_core::storage::{MemoryStorage, NullStorage, ObjectKind, ResultStorage, SMALL_OBJECT_LIMIT};
use keepwell_core::store::{Claimed, MissReason, ResultStore, Write, commit};

use crate::store_fixture::*;

fn claim(store: &ResultStore, name: &str) -> Claim {
    match store.claim(&key(name), true).unwrap() {
        Claimed::Claim(claim) => claim,
        other => panic!("{other:?}"),
    }
}

fn claimed_write(store: &Arc<ResultStore>, name: &str, payload: &'static str, claim: Claim) -> Write {
    Write { claim: Some(claim), ..write(store, name, payload) }
}

fn memory() -> (Arc<dyn ResultStorage>, Arc<ResultStore>) {
    let storage: Arc<dyn ResultStorage> = Arc::new(MemoryStorage::new());
    let store = store(Arc::clone(&storage));
    (storage, store)
}

fn head_object(storage: &Arc<dyn ResultStorage>, name: &str) -> HeadObject {
    let bytes = storage.get(&head(name), SMALL_OBJECT_LIMIT).unwrap().unwrap().bytes;
    HeadObject::read(&bytes, &key(name)).unwrap()
}

#[test]
fn the_last_who_claimed_a_key_commits_and_nobody_before() {
    for others in [None, Some("old")] {
        let (_, store) = memory();
        others.inspect(|old| put(&store, "a", *old));
        let (first, second) = (claim(&store, "a"), claim(&store, "a"));
        let refused = commit(&[claimed_write(&store, "a", "first", first)]).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::LeaseLost);
        assert_eq!(read(&store, "a"), others.map(Bytes::from));
        commit(&[claimed_write(&store, "a", "second", second)]).unwrap();
        assert_eq!(read(&store, "a"), Some(Bytes::from("second")));
        let refused = commit(&[claimed_write(&store, "a", "first", first)]).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::LeaseLost, "also once the newer one has committed");
    }
}

#[test]
fn a_superseded_claim_keeps_a_whole_transaction_from_being_committed() {
    let (storage, store) = memory();
    put(&store, "b", "old");
    let old = claim(&store, "b");
    claim(&store, "b");
    let writes = [write(&store, "a", "new"), claimed_write(&store, "b", "new", old), write(&store, "c", "new")];
    assert_eq!(commit(&writes).unwrap_err().kind(), ErrorKind::LeaseLost);
    assert_eq!(["a", "b", "c"].map(|name| read(&store, name)), [None, Some(Bytes::from("old")), None]);
    assert_eq!(storage.list(ObjectKind::Decision).unwrap(), [], "nothing is left of it");
}

#[test]
fn a_committed_record_is_a_plain_head_again_and_its_claim_is_spent() {
    let (storage, store) = memory();
    let first = claim(&store, "a");
    assert!(matches!(head_object(&storage, "a"), HeadObject::Envelope(_)));
    commit(&[claimed_write(&store, "a", "1", first)]).unwrap();
    assert!(matches!(head_object(&storage, "a"), HeadObject::Record(_)));
    commit(&[claimed_write(&store, "a", "2", first)]).unwrap();
    assert_eq!(claim(&store, "a").epoch, first.epoch + 1);
}

#[test]
fn a_record_that_counts_is_found_rather_than_claimed_over() {
    let (_, store) = memory();
    put(&store, "a", "1");
    assert_eq!(store.claim(&key("a"), false).unwrap(), Claimed::Found);
    assert!(matches!(store.claim(&key("b"), false).unwrap(), Claimed::Claim(_)));
}

#[test]
fn a_claim_hides_no_record_and_is_none() {
    let (_, store) = memory();
    put(&store, "a", "1");
    claim(&store, "a");
    claim(&store, "b");
    assert_eq!(read(&store, "a"), Some(Bytes::from("1")));
    assert_eq!((miss(&store, "b"), store.exists(&key("b")).unwrap()), (MissReason::Absent, false));
}

#[test]
fn a_writer_without_a_claim_leaves_the_claim_of_another_in_force() {
    for several in [false, true] {
        let (_, store) = memory();
        let claim = claim(&store, "a");
        let mut writes = vec![write(&store, "a", "theirs")];
        writes.extend(several.then(|| write(&store, "b", "theirs")));
        commit(&writes).unwrap();
        assert_eq!(read(&store, "a"), Some(Bytes::from("theirs")));
        commit(&[claimed_write(&store, "a", "ours", claim)]).unwrap();
        assert_eq!((read(&store, "a"), generation(&store, "a")), (Some(Bytes::from("ours")), 2));
    }
}

#[test]
fn a_claim_that_is_given_back_leaves_what_was_there() {
    let (storage, store) = memory();
    let of_nothing = claim(&store, "a");
    store.unclaim(&key("a"), of_nothing).unwrap();
    assert!(storage.get(&head("a"), SMALL_OBJECT_LIMIT).unwrap().is_none());
    put(&store, "a", "1");
    let (old, new) = (claim(&store, "a"), claim(&store, "a"));
    store.unclaim(&key("a"), old).unwrap();
    assert!(commit(&[claimed_write(&store, "a", "2", old)]).is_err(), "a newer claim stands");
    store.unclaim(&key("a"), new).unwrap();
    assert!(commit(&[claimed_write(&store, "a", "2", old)]).is_err(), "it was superseded once and for all");
    assert_eq!(read(&store, "a"), Some(Bytes::from("1")));
    put(&store, "a", "3");
    assert!(matches!(head_object(&storage, "a"), HeadObject::Record(_)));
}

#[test]
fn removing_a_record_keeps_the_claim_of_whoever_makes_a_new_one() {
    let (storage, store) = memory();
    put(&store, "a", "1");
    let claim = claim(&store, "a");
    assert_eq!((store.remove(&key("a")).unwrap(), read(&store, "a")), (true, None));
    assert!(!store.remove(&key("a")).unwrap());
    commit(&[claimed_write(&store, "a", "2", claim)]).unwrap();
    assert_eq!(read(&store, "a"), Some(Bytes::from("2")));
    assert!(store.remove(&key("a")).unwrap());
    assert!(storage.list(ObjectKind::Head).unwrap().is_empty());
}

#[test]
fn who_finds_its_claim_removed_from_outside_does_not_commit() {
    let (storage, store) = memory();
    let claim = claim(&store, "a");
    storage.remove(&head("a"), None).unwrap();
    assert_eq!(commit(&[claimed_write(&store, "a", "1", claim)]).unwrap_err().kind(), ErrorKind::LeaseLost);
}

#[test]
fn a_storage_that_keeps_nothing_needs_no_claim() {
    let store = store(Arc::new(NullStorage));
    assert_eq!(store.claim(&key("a"), false).unwrap(), Claimed::Unneeded);
}
