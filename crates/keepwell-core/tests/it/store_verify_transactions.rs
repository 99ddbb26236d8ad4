//! Verification of transactions: what a dead one left is found and settled, and what is on its way is left alone.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use keepwell_core::clock::{Clock, Timestamp};
use keepwell_core::id::TransactionId;
use keepwell_core::key::Digest;
use keepwell_core::record::{Decision, DecisionState, HeadObject, HeadPlace};
use keepwell_core::storage::{Durability, MemoryStorage, ObjectKind, ObjectName, ResultStorage};
use keepwell_core::store::{Problem, ResultStore, StoreOptions, Trouble, Verification, commit};
use keepwell_testing::ManualClock;
use keepwell_testing::storage::CrashingStorage;

use crate::store_fixture::*;

const KEYS: [&str; 3] = ["a", "b", "c"];
const LATER: Duration = Duration::from_secs(2 * 60 * 60);

/// A storage on which a commit of three records died at its `nth` write, if it has so many.
struct Remains {
    storage: Arc<CrashingStorage<MemoryStorage>>,
    store: Arc<ResultStore>,
    clock: Arc<ManualClock>,
}

fn remains(nth: u64) -> Option<Remains> {
    let (remains, has_crashed) = committed(nth);
    has_crashed.then_some(remains)
}

/// A storage to which a commit of three records was made that died at its `nth` write, if it has so many; whether it did.
fn committed(nth: u64) -> (Remains, bool) {
    let storage = Arc::new(CrashingStorage::new(MemoryStorage::new()));
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(4_000_000_000_000)));
    let options = options(Arc::clone(&storage) as Arc<dyn ResultStorage>);
    let store = Arc::new(ResultStore::new(StoreOptions { clock: Arc::clone(&clock) as Arc<dyn Clock>, ..options }));
    put(&store, "a", "old");
    put(&store, "b", "old");
    storage.crash_at(nth);
    let outcome = commit(&KEYS.map(|name| write(&store, name, large(9))));
    let has_crashed = storage.has_crashed();
    assert!(has_crashed || outcome.is_ok());
    storage.reboot();
    (Remains { storage, store, clock }, has_crashed)
}

impl Remains {
    fn seen(&self) -> [Option<Bytes>; 3] {
        KEYS.map(|name| read(&self.store, name))
    }

    /// The one decision.
    fn decision(&self) -> Option<(ObjectName, Decision)> {
        let name = self.storage.list(ObjectKind::Decision).unwrap().pop()?;
        let bytes = self.storage.get(&name, u64::MAX).unwrap().unwrap().bytes;
        Some((name, Decision::decode(&bytes).unwrap()))
    }

    fn intents(&self) -> usize {
        let heads = self.storage.list(ObjectKind::Head).unwrap();
        let object = |name| self.storage.get(name, u64::MAX).unwrap().unwrap().bytes;
        heads.iter().filter(|name| HeadObject::inspect(&object(name)).unwrap().intent().is_some()).count()
    }

    /// The first remains that are so.
    fn that(is_so: impl Fn(&Self) -> bool) -> Self {
        (1..).map_while(remains).find(is_so).expect("a commit goes through every state")
    }

    fn is_decided(&self, state: DecisionState) -> bool {
        self.decision().is_some_and(|(_, decision)| decision.state == state)
    }
}

fn transactions(found: &Verification) -> usize {
    assert!(found.bits() & !Trouble::Transaction.bit() == 0, "{found:?}");
    found.count(Trouble::Transaction)
}

#[test]
fn what_a_dead_commit_left_is_found_and_settled_and_then_all_is_well() {
    let (mut undecided, mut unapplied) = (0, 0);
    for remains in (1..).map_while(remains) {
        let (intents, is_pending) = (remains.intents(), remains.is_decided(DecisionState::Pending));
        let expected = intents + usize::from(is_pending);
        undecided += usize::from(is_pending);
        unapplied += usize::from(intents > 0 && !is_pending);
        let young = remains.store.verify(true).unwrap();
        assert_eq!(young.problems, [], "it may be on its way");
        assert_eq!(remains.intents(), intents);

        remains.clock.advance(LATER);
        let before = remains.store.verify(false).unwrap();
        assert_eq!(transactions(&before), expected, "{before:?}");
        let outcome = remains.store.verify(true).unwrap();
        assert!(outcome.problems.iter().all(Problem::is_repaired), "{outcome:?}");
        assert_eq!((outcome.bits(), remains.intents(), remains.decision().is_none()), (0, 0, true));
        let after = remains.store.verify(false).unwrap();
        assert_eq!((after.problems, after.old_decisions), (vec![], 0));
        let (old, new) = (Some(Bytes::from("old")), Some(large(9)));
        let seen = remains.seen();
        assert!(seen == [old.clone(), old, None] || seen == [new.clone(), new.clone(), new], "{seen:?}");
    }
    assert!(undecided > 2 && unapplied > 1, "{undecided} {unapplied}");
}

#[test]
fn an_intent_without_a_decision_counts_as_aborted() {
    let remains = Remains::that(|remains| remains.intents() == 3 && remains.is_decided(DecisionState::Pending));
    let (name, _) = remains.decision().unwrap();
    remains.storage.remove(&name, None).unwrap();
    let found = remains.store.verify(false).unwrap();
    assert_eq!(transactions(&found), 3);
    assert!(found.problems.iter().all(|problem| problem.what.contains("there is no decision about it")), "{found:?}");
    assert_eq!(remains.store.verify(true).unwrap().bits(), 0);
    assert_eq!(remains.store.verify(false).unwrap().problems, []);
    assert_eq!(remains.seen(), [Some("old".into()), Some("old".into()), None]);
}

#[test]
fn a_damaged_decision_is_corrupt_and_its_intents_count_as_aborted() {
    let remains = Remains::that(|remains| remains.intents() == 3 && remains.is_decided(DecisionState::Pending));
    let (name, decision) = remains.decision().unwrap();
    let mut bytes = decision.encode().to_vec();
    bytes[20] ^= 1;
    remains.storage.put(&name, bytes.into(), Durability::None).unwrap();
    let found = remains.store.verify(false).unwrap();
    assert_eq!((found.bits(), found.count(Trouble::Corrupt), found.count(Trouble::Transaction)), (9, 1, 3));
    assert_eq!(remains.store.verify(true).unwrap().bits(), 0);
    assert_eq!(remains.store.verify(false).unwrap().problems, []);
    assert_eq!(remains.seen(), [Some("old".into()), Some("old".into()), None]);
}

#[test]
fn a_decision_that_records_contradict_is_found_and_left() {
    for state in [DecisionState::Pending, DecisionState::Aborted] {
        let (remains, has_crashed) = committed(1_000);
        assert!(!has_crashed && remains.is_decided(DecisionState::Committed));
        let (name, decision) = remains.decision().unwrap();
        remains.storage.put(&name, decision.with_state(state).encode(), Durability::None).unwrap();
        let found = remains.store.verify(true).unwrap();
        assert_eq!((transactions(&found), found.bits()), (1, 8), "{found:?}");
        assert!(found.problems[0].what.contains("and its record is at `"), "{found:?}");
        assert_eq!(remains.seen(), [large(9), large(9), large(9)].map(Some));
    }
}

#[test]
fn a_committed_transaction_that_lacks_a_record_is_found() {
    let storage: Arc<dyn ResultStorage> = Arc::new(MemoryStorage::new());
    let store = store(Arc::clone(&storage));
    put(&store, "a", "old");
    let transaction = TransactionId::random();
    let decision = Decision {
        transaction,
        state: DecisionState::Committed,
        write: keepwell_core::id::WriteId::new(),
        created: store.clock().now().after(LATER),
        owner: keepwell_core::process::ProcessIdentity::own(),
        heads: vec![HeadPlace { location: None, key: key("a") }],
    };
    storage.create(&ObjectName::Decision(transaction), decision.encode(), Durability::None).unwrap();
    let found = store.verify(true).unwrap();
    assert_eq!((transactions(&found), found.bits()), (1, 8));
    assert_eq!(found.problems[0].what, "it is committed, and an older record is at `a`");
}

#[test]
fn a_claim_is_no_record_and_no_problem() {
    let store = store(Arc::new(MemoryStorage::new()));
    put(&store, "a", "old");
    store.claim(&key("a"), true).unwrap();
    store.claim(&key("b"), true).unwrap();
    let found = store.verify(true).unwrap();
    assert_eq!((found.records, found.claims, found.problems), (1, 2, vec![]));
    assert_eq!(read(&store, "a"), Some("old".into()));
}

#[test]
fn a_payload_that_only_an_intent_names_is_in_use() {
    let remains = Remains::that(|remains| remains.intents() == 3 && remains.is_decided(DecisionState::Pending));
    remains.clock.advance(LATER);
    assert_eq!(remains.store.collect_blobs().unwrap().removed, 0);
    let blob = ObjectName::Blob(Digest::of(&large(9)));
    assert!(remains.storage.get(&blob, u64::MAX).unwrap().is_some());
    let repaired = remains.store.verify(true).unwrap();
    assert_eq!(repaired.unnamed_blobs, 1, "the intents are gone by now");
}

#[test]
fn a_damaged_record_inside_an_envelope_is_found() {
    let storage: Arc<dyn ResultStorage> = Arc::new(MemoryStorage::new());
    let store = store(Arc::clone(&storage));
    put(&store, "a", "old");
    store.claim(&key("a"), true).unwrap();
    let bytes = storage.get(&head("a"), u64::MAX).unwrap().unwrap().bytes;
    for index in 0..bytes.len() {
        let mut damaged = bytes.to_vec();
        damaged[index] ^= 0x10;
        storage.put(&head("a"), damaged.into(), Durability::None).unwrap();
        let found = store.verify(false).unwrap();
        assert_eq!(found.bits(), 1, "byte {index}: {found:?}");
    }
}
