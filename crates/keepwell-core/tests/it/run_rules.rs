//! What one run does with keys, records and refusals that are out of the ordinary.

use std::sync::Arc;
use std::time::Duration;

use keepwell_core::ErrorKind;
use keepwell_core::event::{HitSource, Problem, ProblemKind};
use keepwell_core::policy::INPUTS;
use keepwell_core::run::StateDetails;
use keepwell_core::settings::OnStorageError;
use keepwell_core::store::{MissReason, ResultStore, StoreOptions};
use keepwell_core::transaction::IsolationLevel;

use crate::run_scripted::{Script, ScriptedKey};
use crate::transaction_fixture::{expiry, key, store_options};
use crate::transaction_story::Faults;
use crate::transaction_world::Meanwhile;

fn details() -> StateDetails {
    StateDetails { cache_key: Some(key("A")), ..StateDetails::default() }
}

fn serializable(mut script: Script) -> Script {
    script.options.cache_policy = Some(INPUTS.isolation_level(IsolationLevel::Serializable));
    script
}

fn body_ran(log: &str) -> bool {
    log.contains("body, attempt 0")
}

#[test]
fn a_key_that_cannot_be_computed_is_said_and_the_body_runs() {
    let ran = Script { key: ScriptedKey::Uncomputable, ..Script::new() }.run();
    let message: Arc<str> =
        "The cache key could not be computed, so the result will not be kept: a generator has no key".into();
    let problems = vec![Problem { kind: ProblemKind::Key, message: Arc::clone(&message) }];
    let expected = StateDetails { not_cached: Some(message), problems, ..StateDetails::default() };
    assert_eq!((ran.state.to_string(), ran.state.details()), ("Completed()".to_owned(), &expected));
    assert!(ran.writes.is_empty());
}

#[test]
fn a_key_that_cannot_be_computed_fails_a_strict_run_before_its_body() {
    let ran = Script { key: ScriptedKey::Uncomputable, strict_keys: true, ..Script::new() }.run();
    assert_eq!(ran.refusal.expect("it is refused").kind(), ErrorKind::Key);
    assert_eq!(ran.state.to_string(), "Failed('a generator has no key')");
    assert!(!body_ran(&ran.log));
}

#[test]
fn a_record_that_cannot_be_decoded_is_a_miss_and_is_overwritten() {
    let ran = Script { present: vec!["A"], undecodable: true, ..Script::new() }.run();
    let expected = StateDetails { miss: Some(MissReason::Undecodable("no such class".into())), ..details() };
    assert_eq!(ran.state.details(), &expected);
    assert_eq!(ran.writes.len(), 1);
}

#[test]
fn a_damaged_record_is_a_miss_and_is_replaced() {
    let reason = MissReason::Corrupt("bad checksum".into());
    let ran = Script { miss: Some(reason.clone()), ..Script::new() }.run();
    assert_eq!(ran.state.details(), &StateDetails { miss: Some(reason), ..details() });
    assert_eq!(ran.writes.len(), 1);
}

#[test]
fn a_record_of_a_newer_version_is_a_miss_and_is_never_overwritten() {
    let reason = MissReason::NewerVersion("version 9".into());
    for script in [Script::new(), serializable(Script::new())] {
        let ran = Script { miss: Some(reason.clone()), ..script }.run();
        assert_eq!(ran.state.details(), &StateDetails { miss: Some(reason.clone()), ..details() });
        assert!(body_ran(&ran.log) && ran.writes.is_empty());
    }
}

#[test]
fn the_expiry_counts_from_the_end_of_the_body() {
    let mut script = Script::new();
    script.options.cache_expiration = Some(Duration::from_millis(250));
    assert_eq!(script.run().writes.iter().map(expiry).collect::<Vec<_>>(), [Some(1_250)]);
    assert_eq!(Script::new().run().writes.iter().map(expiry).collect::<Vec<_>>(), [None]);
}

#[test]
fn a_refresh_replaces_the_record_that_is_there() {
    let ran = Script { present: vec!["A"], refreshes: true, ..Script::new() }.run();
    assert_eq!(ran.state.details(), &StateDetails { miss: Some(MissReason::Refresh), ..details() });
    assert_eq!(ran.writes.len(), 1);
}

#[test]
fn a_storage_that_fails_is_a_miss_that_says_so() {
    let faults = Faults { look_ups_fail: true, ..Faults::default() };
    let ran = Script { faults, ..Script::new() }.run();
    let reason = MissReason::StorageFailed("the disk is on fire".into());
    assert_eq!(ran.state.details(), &StateDetails { miss: Some(reason), ..details() });
    assert!(ran.log.contains("Warning: No record for key 'A': the storage could not be read: the disk is on fire"));
}

#[test]
fn a_storage_that_fails_fails_the_run_where_that_is_asked_for() {
    let options = StoreOptions { on_storage_error: OnStorageError::Raise, ..store_options() };
    for script in [Script::new(), serializable(Script::new())] {
        let faults = Faults { look_ups_fail: true, ..Faults::default() };
        let ran = Script { faults, store: Arc::new(ResultStore::new(options.clone())), ..script }.run();
        assert_eq!(ran.refusal.expect("it is refused").kind(), ErrorKind::Storage);
        assert_eq!(ran.state.to_string(), "Failed('the disk is on fire')");
        assert!(!body_ran(&ran.log));
    }
}

#[test]
fn a_serializable_run_without_a_lock_manager_is_refused_with_the_ways_out() {
    let options = StoreOptions { lock_manager: None, ..store_options() };
    let script = Script { store: Arc::new(ResultStore::new(options)), ..serializable(Script::new()) };
    let ran = script.run();
    let refusal = ran.refusal.expect("it is refused");
    assert_eq!(
        (refusal.kind(), refusal.hint()),
        (ErrorKind::Unsupported, Some("configure the cache policy with a `lock_manager`, or use READ_COMMITTED"))
    );
    assert!(ran.state.is_failed() && !body_ran(&ran.log));
}

#[test]
fn a_lock_that_is_not_granted_in_time_fails_the_run_before_its_body() {
    let faults = Faults { locks_time_out: true, ..Faults::default() };
    let ran = Script { faults, ..serializable(Script::new()) }.run();
    assert_eq!(ran.refusal.expect("it is refused").kind(), ErrorKind::LockTimeout);
    assert_eq!(ran.state.to_string(), "Failed('the lock for A is held by `other`')");
    assert!(!body_ran(&ran.log));
}

#[test]
fn a_hit_says_where_the_record_was_found() {
    let ran = Script { present: vec!["A"], ..Script::new() }.run();
    assert_eq!(ran.state.details(), &StateDetails { hit: Some(HitSource::Storage), ..details() });
    assert!(ran.writes.is_empty());
}

#[test]
fn a_value_that_was_not_kept_is_said_on_the_state() {
    let ran = Script { unencodable: true, ..Script::new() }.run();
    assert_eq!(ran.problems(), ["The result could not be serialized, so it is not kept: it is a socket"]);
    assert_eq!(ran.state.to_string(), "Completed()");
}

#[test]
fn a_record_that_appears_before_a_retry_is_a_hit_and_no_miss() {
    let ran = Script { failures: 1, appears: true, ..Script::new() }.retries(1).run();
    assert_eq!(ran.state.details(), &StateDetails { hit: Some(HitSource::Storage), ..details() });
    assert_eq!(ran.state.to_string(), "Cached(type=COMPLETED)");
}

#[test]
fn a_record_that_appears_while_the_lock_is_waited_for_is_a_hit_that_holds_no_lock() {
    let meanwhile = Some(Meanwhile::RecordAppears);
    let ran = Script { meanwhile, ..serializable(Script::new()) }.run();
    let expected = [
        "Info: Created task run 'add' for task 'add'",
        "look up A",
        "Debug: Acquiring lock for transaction 'A'",
        "lock A",
        "look up A",
        "decoded theirs",
        "Debug: Releasing lock for transaction 'A'",
        "unlock A",
        "Debug: Found a record for key 'A' in the storage",
        "Info: Finished in state Cached(type=COMPLETED)",
    ];
    assert_eq!(ran.log, expected.join("\n"));
}
