//! Clauses about what the command line and a collector need: listing, and taking damaged objects out of the way.

use std::collections::HashSet;

use bytes::Bytes;
use keepwell_core::storage::{Durability, ObjectKind, ObjectName, ResultStorage};

use super::sample::{blob, decision, head, lock, object, put, read, unique};

/// `list` gives each object of the kind once, and none of another kind.
pub fn a_list_names_every_object_of_its_kind_and_no_other<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    let kinds = [ObjectKind::Head, ObjectKind::Blob, ObjectKind::Decision, ObjectKind::Lock];
    for kind in kinds {
        assert_eq!(storage.list(kind).expect("an empty storage can be listed"), [], "{kind:?}");
    }
    let blobs = (0..20_u8).map(|number| blob(&[number])).collect::<Vec<_>>();
    let heads = (0..20).map(|number| head(&format!("head {number}"))).collect::<Vec<_>>();
    let decisions = (0..20).map(|_| decision()).collect::<Vec<_>>();
    let locks = (10..30).map(|number| lock(&format!("head {number}"))).collect::<Vec<_>>();
    for (number, name) in blobs.iter().enumerate() {
        put(&storage, name, &Bytes::from(vec![u8::try_from(number).expect("twenty is small")]));
    }
    heads.iter().chain(&decisions).chain(&locks).for_each(|name| put(&storage, name, &unique("listed")));
    for (kind, written) in kinds.into_iter().zip([heads, blobs, decisions, locks]) {
        assert_lists(&storage, kind, &written);
    }
}

/// A quarantined object is absent, is not listed, and can be created anew.
pub fn a_quarantined_object_is_out_of_the_way<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    let damaged = unique("damaged");
    for name in [head("damaged"), head("damaged/in a folder"), blob(&damaged), decision(), lock("damaged")] {
        put(&storage, &name, &damaged);
        storage.quarantine(&name, &object(&storage, &name).version()).expect("an object can be quarantined");
        assert_eq!(read(&storage, &name), None, "{name}");
        assert_lists(&storage, name.kind(), &[]);
        storage.create(&name, damaged.clone(), Durability::None).expect("the name is free");
        assert_eq!(read(&storage, &name), Some(damaged.clone()), "{name}");
        storage.remove(&name, None).expect("an object can be removed");
    }
}

/// An object that was replaced since it was found damaged stays where it is; an absent one is no failure.
pub fn quarantine_at_another_version_does_nothing<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    let (name, repaired) = (head("repaired"), unique("repaired"));
    put(&storage, &name, &unique("damaged"));
    let damaged = object(&storage, &name).version();
    put(&storage, &name, &repaired);
    storage.quarantine(&name, &damaged).expect("another version is no failure");
    assert_eq!(read(&storage, &name), Some(repaired));
    storage.quarantine(&head("absent"), &damaged).expect("absence is no failure");
}

fn assert_lists(storage: &impl ResultStorage, kind: ObjectKind, written: &[ObjectName]) {
    let listed = storage.list(kind).expect("a storage can be listed");
    assert_eq!(listed.len(), written.len(), "{kind:?}: {listed:?}");
    assert_eq!(listed.iter().collect::<HashSet<_>>(), written.iter().collect::<HashSet<_>>());
}
