//! What a writer that died in the middle of a commit has left, and what others make of it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use keepwell_core::clock::{Clock, Timestamp};
use keepwell_core::record::{Decision, DecisionState, HeadObject};
use keepwell_core::storage::{MemoryStorage, ObjectKind, ResultStorage, SMALL_OBJECT_LIMIT};
use keepwell_core::store::{Claimed, ResultStore, StoreOptions, commit};
use keepwell_testing::ManualClock;
use keepwell_testing::storage::CrashingStorage;

use crate::store_fixture::*;

const KEYS: [&str; 3] = ["a", "b", "c"];

/// What somebody does who meets the remains.
#[derive(Clone, Copy, Debug)]
enum Meeting {
    Reading,
    Writing,
    WritingSeveral,
    Claiming,
    Removing,
    Collecting,
}

const MEETINGS: [Meeting; 6] = [
    Meeting::Reading,
    Meeting::Writing,
    Meeting::WritingSeveral,
    Meeting::Claiming,
    Meeting::Removing,
    Meeting::Collecting,
];

/// A storage on which a commit of three records died at its `nth` write, if it has so many.
struct Remains {
    storage: Arc<CrashingStorage<MemoryStorage>>,
    store: Arc<ResultStore>,
    clock: Arc<ManualClock>,
}

fn remains(nth: u64) -> Option<Remains> {
    let storage = Arc::new(CrashingStorage::new(MemoryStorage::new()));
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(4_000_000_000_000)));
    let options = options(Arc::clone(&storage) as Arc<dyn ResultStorage>);
    let store = Arc::new(ResultStore::new(StoreOptions { clock: Arc::clone(&clock) as Arc<dyn Clock>, ..options }));
    put(&store, "a", "old");
    put(&store, "b", "old");
    storage.crash_at(nth);
    let outcome = commit(&KEYS.map(|name| write(&store, name, "new")));
    let has_crashed = storage.has_crashed();
    assert!(has_crashed || outcome.is_ok());
    storage.reboot();
    has_crashed.then_some(Remains { storage, store, clock })
}

fn seen(store: &ResultStore) -> [Option<Bytes>; 3] {
    KEYS.map(|name| read(store, name))
}

fn is_whole(seen: &[Option<Bytes>; 3]) -> bool {
    let (old, new) = (Some(Bytes::from("old")), Some(Bytes::from("new")));
    *seen == [old.clone(), old, None] || *seen == [new.clone(), new.clone(), new]
}

fn decision_states(storage: &dyn ResultStorage) -> Vec<DecisionState> {
    let names = storage.list(ObjectKind::Decision).unwrap();
    let object = |name| storage.get(name, u64::MAX).unwrap().unwrap();
    names.iter().map(|name| Decision::decode(&object(name).bytes).unwrap().state).collect()
}

fn meet(remains: &Remains, meeting: Meeting) {
    let Remains { store, clock, .. } = remains;
    clock.advance(Duration::from_secs(2 * 60 * 60));
    let before = seen(store);
    match meeting {
        Meeting::Reading => {}
        Meeting::Writing => {
            put(store, "b", "newer");
            assert_eq!(read(store, "b"), Some(Bytes::from("newer")));
        }
        Meeting::WritingSeveral => {
            commit(&[write(store, "b", "newer"), write(store, "d", "newer")]).unwrap();
            assert_eq!((read(store, "b"), read(store, "d")), (Some("newer".into()), Some("newer".into())));
        }
        Meeting::Claiming => assert!(matches!(store.claim(&key("b"), true).unwrap(), Claimed::Claim(_))),
        Meeting::Removing => assert!(store.remove(&key("b")).unwrap()),
        Meeting::Collecting => {
            let collected = store.collect_decisions().unwrap();
            assert!(collected.problems.is_empty());
            assert_eq!(decision_states(&*remains.storage), []);
        }
    }
    let after = seen(store);
    assert_eq!([&after[0], &after[2]], [&before[0], &before[2]], "the other records stay as they were");
}

#[test]
fn whoever_meets_what_a_dead_commit_left_sees_all_of_it_or_nothing() {
    for meeting in MEETINGS {
        let mut states = Vec::new();
        for nth in 1.. {
            let Some(remains) = remains(nth) else { break };
            let before = seen(&remains.store);
            assert!(is_whole(&before), "{meeting:?} at {nth}: {before:?}");
            states.extend(decision_states(&*remains.storage));
            meet(&remains, meeting);
        }
        for state in [DecisionState::Pending, DecisionState::Committed] {
            assert!(states.contains(&state), "no commit died while it was {state:?}");
        }
    }
}

#[test]
fn a_writer_waits_for_a_commit_under_way_and_aborts_it_after_ten_seconds() {
    let undecided = (1..).map_while(remains).find(|remains| {
        let is_intended = |name| matches!(head_object(remains, name), Some(HeadObject::Envelope(_)));
        decision_states(&*remains.storage) == [DecisionState::Pending] && KEYS.into_iter().all(is_intended)
    });
    let Remains { storage, store, clock } = undecided.expect("a commit can die before its decision");
    let began = clock.monotonic();
    put(&store, "b", "newer");
    let waited = clock.monotonic() - began;
    assert!((Duration::from_secs(10)..Duration::from_secs(11)).contains(&waited), "{waited:?}");
    assert_eq!(decision_states(&*storage), [DecisionState::Aborted]);
    assert_eq!(seen(&store), [Some("old".into()), Some("newer".into()), None]);
}

fn head_object(remains: &Remains, name: &str) -> Option<HeadObject> {
    let object = remains.storage.get(&head(name), SMALL_OBJECT_LIMIT).unwrap()?;
    Some(HeadObject::read(&object.bytes, &key(name)).unwrap())
}

#[test]
fn a_commit_across_storages_is_whole_in_all_of_them_wherever_it_dies() {
    for nth in 1.. {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(4_000_000_000_000)));
        let storages = [(); 2].map(|()| Arc::new(CrashingStorage::new(MemoryStorage::new())));
        let stores = storages.clone().map(|storage| {
            let clock = Arc::clone(&clock) as Arc<dyn Clock>;
            Arc::new(ResultStore::new(StoreOptions { clock, ..options(storage) }))
        });
        stores.iter().for_each(|store| put(store, "a", "old"));
        let [first, second] = &storages;
        // Both die at once: at the nth write to either.
        first.crash_at(nth);
        let outcome = commit(&[write(&stores[0], "a", "new"), write(&stores[1], "a", "new")]);
        if !first.has_crashed() {
            assert!(outcome.is_ok());
            break;
        }
        first.reboot();
        second.reboot();
        clock.advance(Duration::from_secs(120));
        let seen: Vec<_> = stores.iter().map(|store| read(store, "a").unwrap()).collect();
        assert!(seen == ["old", "old"] || seen == ["new", "new"], "{nth}: {seen:?}");
        stores.iter().for_each(|store| put(store, "a", "newer"));
    }
}
