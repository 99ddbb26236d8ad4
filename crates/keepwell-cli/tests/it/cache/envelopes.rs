//! Keys that a run has claimed, and records that a transaction intends: what `keepwell cache` makes of them.

use std::fs;

use bytes::Bytes;
use keepwell_core::clock::{Clock, SystemClock};
use keepwell_core::id::{TransactionId, WriteId};
use keepwell_core::key::CacheKey;
use keepwell_core::process::ProcessIdentity;
use keepwell_core::record::{Claim, Coordinator, Decision, DecisionState, Envelope, HeadObject, HeadPlace, Intent};
use keepwell_core::storage::{Durability, ObjectName};

use super::records::*;

fn key(text: &str) -> CacheKey {
    CacheKey::new(text).unwrap()
}

fn head(records: &Records, name: &str) -> HeadObject {
    HeadObject::read(&fs::read(records.path(name)).unwrap().into(), &key(name)).unwrap()
}

/// A record `a` of `old` with the intent to put a larger one there, of a transaction that died so decided.
fn intended(state: DecisionState) -> Records {
    let records = Records::new().write(Record { task: Some("old"), ..record("a") });
    let current = Bytes::from(fs::read(records.path("a")).unwrap());
    let records = records.write(Record { task: Some("new"), payload: vec![7; 20_000], ..record("a") });
    let pending = Bytes::from(fs::read(records.path("a")).unwrap());
    let store = records.store(SystemClock::new().now());
    let storage = store.result_storage();
    let (transaction, id) = (TransactionId::random(), storage.id().unwrap().unwrap());
    let envelope = Envelope {
        key: key("a"),
        store: id,
        claim: Claim::default(),
        write: WriteId::new(),
        created: ago(DAY),
        current: Some(current),
        intent: Some(Intent {
            transaction,
            coordinator: Coordinator { store: id, location: storage.location() },
            pending,
        }),
    };
    let decision = Decision {
        transaction,
        state,
        write: WriteId::new(),
        created: ago(DAY),
        owner: ProcessIdentity { machine: 0, number: 1 },
        heads: vec![HeadPlace { location: None, key: key("a") }],
    };
    fs::write(records.path("a"), envelope.encode()).unwrap();
    storage.create(&ObjectName::Decision(transaction), decision.encode(), Durability::None).unwrap();
    records
}

/// The first word of a table's row, its task and its note.
fn listed(records: &Records) -> Vec<String> {
    let transcript = records.run("ls");
    let rows = transcript.lines().skip(2).take_while(|line| !line.is_empty());
    rows.map(|row| row.split_whitespace().take(2).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn a_claimed_key_without_a_record_is_awaited_and_no_record() {
    let records = Records::new().write(record("a"));
    records.store(ago(DAY)).claim(&key("b"), true).unwrap();
    let transcript = records.run("ls");
    assert!(transcript.lines().any(|line| line.starts_with('b') && line.ends_with("  awaited")), "{transcript}");
    assert!(transcript.ends_with("\n1 record, 475 B in ROOT/home/storage.\n"), "{transcript}");
    assert!(records.run("show b").contains("\ncondition:      awaited\n"));
    assert_eq!(records.run("rm b --yes"), "[1]\n! error: nothing was removed: there is no record any more\n");
    assert!(records.run("clear --yes").starts_with("[0]\nRemoved 1 record, "));
    assert_eq!(records.files(), ["b"], "the claim stays");
    assert!(records.run("verify").starts_with("[0]\n"));
}

#[test]
fn the_record_inside_a_claim_is_shown_and_removed_and_the_claim_stays() {
    let records = Records::new().write(Record { task: Some("old"), ..record("a") });
    records.store(ago(DAY)).claim(&key("a"), true).unwrap();
    assert_eq!(listed(&records), ["a old"]);
    assert!(records.run("show a --value").ends_with("\nvalue:\nnull\n"));
    assert_eq!(records.run("rm a --yes"), "[0]\nRemoved 'a'.\n");
    let HeadObject::Envelope(left) = head(&records, "a") else { panic!("the claim is gone") };
    assert!(left.claim.is_standing() && left.current.is_none());
}

#[test]
fn of_an_intent_that_counts_is_shown_which_is_committed() {
    assert_eq!(listed(&intended(DecisionState::Committed)), ["a new"]);
    assert_eq!(listed(&intended(DecisionState::Pending)), ["a old"]);
    assert_eq!(listed(&intended(DecisionState::Aborted)), ["a old"]);
}

#[test]
fn verify_settles_what_a_dead_transaction_left() {
    for (state, bits, what, task) in [
        (DecisionState::Committed, 8, "it is committed, and not yet in its place", "a new"),
        (DecisionState::Pending, 8, "it is undecided, and whoever was to decide it is gone", "a old"),
        (DecisionState::Aborted, 8, "it is aborted, and not yet taken away", "a old"),
    ] {
        let records = intended(state);
        let transcript = records.fixture.run("cache verify");
        assert!(
            transcript.starts_with(&format!("[{bits}]\ntransaction: `a`: an intent of transaction ")),
            "{transcript}"
        );
        assert!(transcript.contains(&format!(": {what}; `--repair` would settle it as its transaction was decided\n")));
        let repaired = records.fixture.run("cache verify --repair");
        assert!(repaired.starts_with("[0]\n"), "{repaired}");
        assert!(repaired.contains("; settled as its transaction was decided\n"), "{repaired}");
        assert!(repaired.contains(" 1 transaction is long done, 1 forgotten."), "{repaired}");
        assert!(records.run("verify").ends_with("\nAll is well.\n"));
        assert_eq!(listed(&records), [task]);
        assert!(matches!(head(&records, "a"), HeadObject::Record(_)));
    }
}

#[test]
fn clear_keeps_the_payload_that_only_an_intent_names() {
    let records = intended(DecisionState::Pending).write(record("b"));
    let blobs = fs::read_dir(records.path(".keepwell/blobs")).unwrap();
    let blob = fs::read_dir(blobs.flatten().next().unwrap().path()).unwrap().flatten().next().unwrap().path();
    set_age(&blob, DAY);
    assert_eq!(records.run("clear --task nobody"), "[0]\nNothing to remove.\n");
    assert!(blob.exists());
    assert!(records.run("verify --repair").contains(" 1 payload is named by no record, 1 removed."));
    assert!(!blob.exists());
}
