//! Policies: sums, exclusions, what a task's definition refuses, and the keys that come of them.

use std::sync::Arc;

use keepwell_core::cbor::Encoder;
use keepwell_core::clock::SystemClock;
use keepwell_core::id::{FlowRunId, TaskRunId};
use keepwell_core::key::{Digest, Part};
use keepwell_core::lock::{LockManager, MemoryLockManager};
use keepwell_core::policy::{
    BUILD, CachePolicy, ComposedKey, DEFAULT, FLOW_PARAMETERS, INPUTS, KeyFunction, NO_CACHE, NONE, RUN_ID, TASK_SOURCE,
};
use keepwell_core::transaction::IsolationLevel::{ReadCommitted, Serializable};
use keepwell_core::{Error, ErrorKind};
use proptest::prelude::*;

fn function(name: &str) -> KeyFunction {
    KeyFunction::new(name, Arc::new(()))
}

/// A call of a task with two inputs, in a flow or not.
struct Call {
    inputs: Vec<(&'static str, u64)>,
    flow: Option<u8>,
    text: Option<&'static str>,
}

impl Default for Call {
    fn default() -> Self {
        Self { inputs: vec![("x", 1), ("debug", 0)], flow: Some(7), text: Some("text") }
    }
}

fn composed(policy: &CachePolicy, call: &Call) -> ComposedKey {
    let mut builder = policy.key_builder();
    for &(name, value) in &call.inputs {
        builder.input(name, |hasher| {
            Encoder::new(hasher).unsigned(value);
            Ok(())
        });
    }
    builder.task_source(Digest::of(b"source"));
    builder.flow_parameters(call.flow.map(|_| Digest::of(b"parameters")));
    builder.run_id(call.flow.map(|flow| FlowRunId::from_bytes([flow; 16])), TaskRunId::from_bytes([9; 16]));
    builder.build(Digest::of(b"build"));
    for function in builder.wanted_functions() {
        builder.key_function(function, call.text.map(str::to_owned));
    }
    builder.finish()
}

fn key(policy: &CachePolicy, call: &Call) -> Result<String, String> {
    composed(policy, call).key.map(|key| key.to_string()).map_err(|reason| reason.to_string())
}

#[test]
fn each_policy_gives_its_own_key() {
    let policies = [INPUTS, TASK_SOURCE, FLOW_PARAMETERS, RUN_ID, BUILD, DEFAULT, INPUTS - "debug", INPUTS + BUILD];
    let mut keys: Vec<String> = policies.iter().map(|policy| key(policy, &Call::default()).unwrap()).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), policies.len());
}

#[test]
fn the_default_policy_is_the_sum_of_its_parts() {
    assert_eq!(RUN_ID + INPUTS + TASK_SOURCE, DEFAULT);
    assert_eq!(CachePolicy::default(), DEFAULT);
    assert_eq!(DEFAULT + NONE, DEFAULT);
    assert_eq!(NO_CACHE, NONE);
}

#[test]
fn an_excluded_input_does_not_count_and_the_others_do() {
    let policy = INPUTS - "debug";
    let base = key(&policy, &Call::default());
    let loud = Call { inputs: vec![("x", 1), ("debug", 1)], ..Call::default() };
    assert_eq!(key(&policy, &loud), base);
    let other = Call { inputs: vec![("x", 2), ("debug", 0)], ..Call::default() };
    assert_ne!(key(&policy, &other), base);
    let reordered = Call { inputs: vec![("debug", 0), ("x", 1)], ..Call::default() };
    assert_eq!(key(&INPUTS, &reordered), key(&INPUTS, &Call::default()));
}

#[test]
fn parts_and_inputs_are_kept_for_explaining() {
    let composed = composed(&(INPUTS - "debug" + BUILD), &Call::default());
    assert_eq!(composed.inputs, [("x".into(), Digest::of(&[1]))]);
    let mut inputs = vec![0xa1, 0x61, b'x', 0x58, 32];
    inputs.extend_from_slice(Digest::of(&[1]).as_bytes());
    assert_eq!(composed.parts, [(Part::Build, Digest::of(b"build")), (Part::Inputs, Digest::of(&inputs))]);
}

#[test]
fn a_call_without_any_part_has_no_key() {
    let reason = Err("the call has none of the parts that its cache policy asks for".to_owned());
    assert_eq!(key(&INPUTS, &Call { inputs: Vec::new(), ..Call::default() }), reason);
    assert_eq!(key(&FLOW_PARAMETERS, &Call { flow: None, ..Call::default() }), reason);
    assert_eq!(key(&NONE, &Call::default()), Err("the cache policy is `NONE`".to_owned()));
}

#[test]
fn all_inputs_excluded_is_still_a_part() {
    let policy = INPUTS - "x" - "debug";
    assert!(key(&policy, &Call::default()).is_ok());
    let outside = Call { flow: None, ..Call::default() };
    assert_ne!(key(&(policy + TASK_SOURCE), &outside), key(&TASK_SOURCE, &outside));
    assert_eq!(key(&(FLOW_PARAMETERS + TASK_SOURCE), &outside), key(&TASK_SOURCE, &outside));
}

#[test]
fn a_key_function_alone_is_the_key_and_in_a_sum_a_part() {
    let alone = CachePolicy::from(function("name"));
    assert_eq!(key(&alone, &Call::default()), Ok("text".to_owned()));
    assert_eq!(key(&alone, &Call { text: Some("a/b é"), ..Call::default() }), Ok("a/b é".to_owned()));
    let sum = alone.clone() + RUN_ID;
    assert_eq!(key(&sum, &Call::default()).unwrap().len(), 64);
    assert_ne!(key(&sum, &Call::default()), key(&sum, &Call { text: Some("other"), ..Call::default() }));
    let declined = Err("the key function `name` returned nothing".to_owned());
    assert_eq!(key(&alone, &Call { text: None, ..Call::default() }), declined);
    assert_eq!(key(&sum, &Call { text: None, ..Call::default() }), declined);
    assert_eq!(key(&alone, &Call { text: Some(""), ..Call::default() }), declined);
    assert_eq!(key(&sum, &Call { text: Some(""), ..Call::default() }), declined);
}

#[test]
fn a_part_that_cannot_be_computed_leaves_the_call_without_a_key() {
    let policy = INPUTS + TASK_SOURCE;
    let mut builder = policy.key_builder();
    builder.input("x", |hasher| {
        Encoder::new(hasher).text("half of it");
        Err(Error::new(ErrorKind::Key, "no such luck"))
    });
    builder.task_source(Digest::of(b"source"));
    assert_eq!(builder.finish().key.map_err(|reason| reason.to_string()), Err("no such luck".to_owned()));
}

#[test]
fn a_part_that_was_forgotten_leaves_the_call_without_a_key() {
    let policy = TASK_SOURCE + RUN_ID;
    let mut builder = policy.key_builder();
    builder.task_source(Digest::of(b"source"));
    let reason = builder.finish().key.map_err(|reason| reason.to_string());
    assert_eq!(reason, Err("the part `run_id` of the cache key was not supplied".to_owned()));
}

#[test]
fn taking_an_input_away_keeps_the_configuration() {
    let locks: Arc<dyn LockManager> = Arc::new(MemoryLockManager::new());
    let policy = INPUTS.key_storage("/records").isolation_level(Serializable).lock_manager(locks.clone()) - "debug";
    let configuration = policy.configuration();
    assert_eq!(configuration.key_storage, Some(&"/records".into()));
    assert_eq!(configuration.isolation_level, Some(Serializable));
    assert!(Arc::ptr_eq(configuration.lock_manager.unwrap(), &locks));
    assert_eq!(policy.clone() + NONE, policy);
}

#[test]
fn taking_an_input_away_from_a_policy_without_inputs_changes_nothing() {
    assert_eq!(TASK_SOURCE - "x", TASK_SOURCE);
}

#[test]
fn the_deeper_source_wins_in_a_sum() {
    assert_eq!(TASK_SOURCE.shallow() + TASK_SOURCE, TASK_SOURCE);
    assert_ne!(TASK_SOURCE.shallow(), TASK_SOURCE);
}

fn refusal(policy: &CachePolicy) -> String {
    policy.validate("report", &["user", "day"]).unwrap_err().to_string()
}

#[test]
fn an_unknown_excluded_argument_is_refused_with_the_names_there_are() {
    assert_eq!(
        refusal(&(DEFAULT - "session")),
        "task `report`: `INPUTS - \"session\"`: the function has no argument `session`; it has `user`, `day`"
    );
    assert!((DEFAULT - "day").validate("report", &["user", "day"]).is_ok());
    let none = (INPUTS - "x").validate("report", &[]).unwrap_err().to_string();
    assert!(none.ends_with("it has no arguments"), "{none}");
}

/// Locks that are not those of the process.
fn other_locks() -> Arc<dyn LockManager> {
    Arc::new(MemoryLockManager::separate(Arc::new(SystemClock::new())))
}

#[test]
fn two_handles_to_the_same_locks_do_not_disagree() {
    let locks = || Arc::new(MemoryLockManager::new());
    let sum = INPUTS.lock_manager(locks()) + RUN_ID.lock_manager(locks());
    assert!(sum.validate("task", &["x"]).is_ok());
    assert_eq!(INPUTS.lock_manager(locks()), INPUTS.lock_manager(locks()));
}

#[test]
fn sides_of_a_sum_that_disagree_are_refused() {
    let cases = [
        (INPUTS.key_storage("/a") + RUN_ID.key_storage("/b"), "key storages"),
        (INPUTS.isolation_level(ReadCommitted) + RUN_ID.isolation_level(Serializable), "isolation levels"),
        (INPUTS.lock_manager(Arc::new(MemoryLockManager::new())) + RUN_ID.lock_manager(other_locks()), "lock managers"),
    ];
    for (policy, what) in cases {
        assert_eq!(refusal(&policy), format!("task `report`: cannot add cache policies with different {what}"));
    }
    let agreed = INPUTS.key_storage("/a") + RUN_ID.key_storage("/a");
    assert!(agreed.validate("report", &[]).is_ok());
}

#[test]
fn two_key_functions_of_one_name_are_refused() {
    let sum = CachePolicy::from(function("name")) + function("name").into();
    assert_eq!(refusal(&sum), "task `report`: two key functions are both named `name`");
    let same = function("name");
    assert!((CachePolicy::from(same.clone()) + same.into()).validate("report", &[]).is_ok());
}

fn policies() -> impl Strategy<Value = CachePolicy> {
    let functions = [function("a"), function("a"), function("b")];
    let base = prop_oneof![
        Just(NONE),
        Just(INPUTS),
        Just(TASK_SOURCE),
        Just(TASK_SOURCE.shallow()),
        Just(FLOW_PARAMETERS),
        Just(RUN_ID),
        Just(BUILD),
        Just(DEFAULT),
        Just(INPUTS - "x"),
        Just(INPUTS - "y"),
        (0..3_usize).prop_map(move |index| functions[index].clone().into()),
    ];
    (base, 0..4_u8, 0..3_u8).prop_map(|(policy, storage, isolation)| {
        let policy = match storage {
            0 => policy.key_storage("/a"),
            1 => policy.key_storage("/b"),
            _ => policy,
        };
        if isolation == 0 { policy.isolation_level(Serializable) } else { policy }
    })
}

proptest! {
    #[test]
    fn adding_is_associative_and_order_free(a in policies(), b in policies(), c in policies()) {
        let sum = (a.clone() + b.clone()) + c.clone();
        prop_assert_eq!(&sum, &(a.clone() + (b.clone() + c.clone())));
        prop_assert_eq!(&sum, &(c + b + a.clone()));
        prop_assert_eq!(a.clone() + a.clone(), a);
    }

    #[test]
    fn equal_sums_give_equal_keys(a in policies(), b in policies()) {
        let call = Call::default();
        prop_assert_eq!(key(&(a.clone() + b.clone()), &call), key(&(b + a), &call));
    }
}
