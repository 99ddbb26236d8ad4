//! The whole log of typical runs: what is reported, what is performed and which hooks run, in order.

use keepwell_core::policy::INPUTS;
use keepwell_core::run::RetryDelay;
use keepwell_core::store::MissReason;
use keepwell_core::transaction::IsolationLevel;

use crate::run_scripted::{DELAY, Script, ScriptedKey};
use crate::transaction_story::{Commits, Faults};

#[track_caller]
fn assert_log(script: Script, expected: &[&str]) {
    assert_eq!(script.run().log, expected.join("\n"));
}

#[test]
fn a_miss_runs_the_body_and_keeps_its_value() {
    assert_log(
        Script::new(),
        &[
            "Info: Created task run 'add' for task 'add'",
            "look up A",
            "Debug: No record for key 'A': there is none",
            "body, attempt 0, the last",
            r#"commit [("A", "new")]"#,
            "Info: Finished in state Completed()",
        ],
    );
}

#[test]
fn hooks_run_when_their_moment_comes() {
    assert_log(
        Script::new().with_hooks(),
        &[
            "Info: Created task run 'add' for task 'add'",
            "Info: Running hook 'running' in response to entering state 'Running'",
            "running on Running()",
            "Info: Hook 'running' finished running successfully",
            "look up A",
            "Debug: No record for key 'A': there is none",
            "body, attempt 0, the last",
            r#"commit [("A", "new")]"#,
            "Info: Running commit hook 'commit'",
            "committed attempt 0",
            "Info: Commit hook 'commit' finished running successfully",
            "Info: Running hook 'completion' in response to entering state 'Completed'",
            "completion on Completed()",
            "Info: Hook 'completion' finished running successfully",
            "Info: Finished in state Completed()",
        ],
    );
}

#[test]
fn a_hit_runs_no_body_and_no_commit_hook() {
    assert_log(
        Script { present: vec!["A"], ..Script::new() }.with_hooks(),
        &[
            "Info: Created task run 'add' for task 'add'",
            "Info: Running hook 'running' in response to entering state 'Running'",
            "running on Running()",
            "Info: Hook 'running' finished running successfully",
            "look up A",
            "decoded old",
            "Debug: Found a record for key 'A' in the storage",
            "Info: Running hook 'completion' in response to entering state 'Cached'",
            "completion on Cached(type=COMPLETED)",
            "Info: Hook 'completion' finished running successfully",
            "Info: Finished in state Cached(type=COMPLETED)",
        ],
    );
}

#[test]
fn no_commit_hook_runs_where_the_record_of_a_newer_version_stays() {
    assert_log(
        Script { miss: Some(MissReason::NewerVersion("version 9".into())), ..Script::new() }.with_hooks(),
        &[
            "Info: Created task run 'add' for task 'add'",
            "Info: Running hook 'running' in response to entering state 'Running'",
            "running on Running()",
            "Info: Hook 'running' finished running successfully",
            "look up A",
            "Warning: No record for key 'A': it was written by a newer version: version 9",
            "body, attempt 0, the last",
            "Info: Running hook 'completion' in response to entering state 'Completed'",
            "completion on Completed()",
            "Info: Hook 'completion' finished running successfully",
            "Info: Finished in state Completed()",
        ],
    );
}

#[test]
fn a_failure_runs_failure_hooks_and_keeps_nothing() {
    assert_log(
        Script { failures: 1, ..Script::new() }.with_hooks(),
        &[
            "Info: Created task run 'add' for task 'add'",
            "Info: Running hook 'running' in response to entering state 'Running'",
            "running on Running()",
            "Info: Hook 'running' finished running successfully",
            "look up A",
            "Debug: No record for key 'A': there is none",
            "body, attempt 0, the last",
            "Error: Task run failed with exception: ValueError: boom",
            "Info: Running hook 'failure' in response to entering state 'Failed'",
            "failure on Failed('Task run encountered an exception ValueError: boom')",
            "Info: Hook 'failure' finished running successfully",
            "Error: Finished in state Failed('Task run encountered an exception ValueError: boom')",
        ],
    );
}

#[test]
fn a_retry_looks_again_and_waits_its_delay() {
    let mut script = Script { failures: 1, ..Script::new() }.with_hooks().retries(1);
    script.options.retry_delay = Some(RetryDelay::Fixed(DELAY));
    assert_log(
        script,
        &[
            "Info: Created task run 'add' for task 'add'",
            "Info: Running hook 'running' in response to entering state 'Running'",
            "running on Running()",
            "Info: Hook 'running' finished running successfully",
            "look up A",
            "Debug: No record for key 'A': there is none",
            "body, attempt 0",
            "Info: Task run failed with exception: ValueError: boom - Retry 1/1 will start 1.5 second(s) from now",
            "slept 1.5s",
            "Info: Running hook 'running' in response to entering state 'Retrying'",
            "running on Retrying(type=RUNNING)",
            "Info: Hook 'running' finished running successfully",
            "look up A",
            "Debug: No record for key 'A': there is none",
            "body, attempt 1, the last",
            r#"commit [("A", "new")]"#,
            "Info: Running commit hook 'commit'",
            "committed attempt 1",
            "Info: Commit hook 'commit' finished running successfully",
            "Info: Running hook 'completion' in response to entering state 'Completed'",
            "completion on Completed()",
            "Info: Hook 'completion' finished running successfully",
            "Info: Finished in state Completed()",
        ],
    );
}

#[test]
fn exhausted_retries_are_said() {
    assert_log(
        Script { failures: 2, ..Script::new() }.retries(1),
        &[
            "Info: Created task run 'add' for task 'add'",
            "look up A",
            "Debug: No record for key 'A': there is none",
            "body, attempt 0",
            "Info: Task run failed with exception: ValueError: boom - Retry 1/1 will start immediately",
            "look up A",
            "Debug: No record for key 'A': there is none",
            "body, attempt 1, the last",
            "Error: Task run failed with exception: ValueError: boom - Retries are exhausted",
            "Error: Finished in state Failed('Task run encountered an exception ValueError: boom')",
        ],
    );
}

#[test]
fn a_serializable_run_looks_locks_looks_again_and_releases() {
    let mut script = Script::new();
    script.options.cache_policy = Some(INPUTS.isolation_level(IsolationLevel::Serializable));
    assert_log(
        script,
        &[
            "Info: Created task run 'add' for task 'add'",
            "look up A",
            "Debug: Acquiring lock for transaction 'A'",
            "lock A",
            "look up A",
            "Debug: No record for key 'A': there is none",
            "body, attempt 0, the last",
            r#"commit [("A", "new")]"#,
            "Debug: Releasing lock for transaction 'A'",
            "unlock A",
            "Info: Finished in state Completed()",
        ],
    );
}

#[test]
fn a_serializable_hit_takes_no_lock() {
    let mut script = Script { present: vec!["A"], ..Script::new() };
    script.options.cache_policy = Some(INPUTS.isolation_level(IsolationLevel::Serializable));
    assert_log(
        script,
        &[
            "Info: Created task run 'add' for task 'add'",
            "look up A",
            "decoded old",
            "Debug: Found a record for key 'A' in the storage",
            "Info: Finished in state Cached(type=COMPLETED)",
        ],
    );
}

#[test]
fn a_refresh_does_not_look() {
    assert_log(
        Script { refreshes: true, present: vec!["A"], ..Script::new() },
        &[
            "Info: Created task run 'add' for task 'add'",
            "Debug: No record for key 'A': the cache is refreshed",
            "body, attempt 0, the last",
            r#"commit [("A", "new")]"#,
            "Info: Finished in state Completed()",
        ],
    );
}

#[test]
fn a_run_without_a_key_says_why_and_keeps_nothing() {
    assert_log(
        Script { key: ScriptedKey::Absent, ..Script::new() },
        &[
            "Info: Created task run 'add' for task 'add'",
            "Debug: Not cached: the call has none of the parts that its cache policy asks for",
            "body, attempt 0, the last",
            "Info: Finished in state Completed()",
        ],
    );
}

#[test]
fn a_run_that_is_not_persisted_does_not_compute_a_key() {
    assert_log(
        Script { persists: false, ..Script::new() },
        &[
            "Info: Created task run 'add' for task 'add'",
            "Debug: Not cached: results are not persisted",
            "body, attempt 0, the last",
            "Info: Finished in state Completed()",
        ],
    );
}

#[test]
fn a_value_that_cannot_be_encoded_is_said_and_its_rollback_hooks_run() {
    assert_log(
        Script { unencodable: true, ..Script::new() }.with_hooks(),
        &[
            "Info: Created task run 'add' for task 'add'",
            "Info: Running hook 'running' in response to entering state 'Running'",
            "running on Running()",
            "Info: Hook 'running' finished running successfully",
            "look up A",
            "Debug: No record for key 'A': there is none",
            "body, attempt 0, the last",
            "Warning: The result could not be serialized, so it is not kept: it is a socket",
            "Info: Running rollback hook 'rollback'",
            "undone attempt 0",
            "Info: Rollback hook 'rollback' finished running successfully",
            "Info: Running hook 'completion' in response to entering state 'Completed'",
            "completion on Completed()",
            "Info: Hook 'completion' finished running successfully",
            "Info: Finished in state Completed()",
        ],
    );
}

#[test]
fn a_commit_that_fails_is_said_and_its_rollback_hooks_run() {
    let faults = Faults { commits: Commits::Fail, ..Faults::default() };
    assert_log(
        Script { faults, ..Script::new() }.with_hooks(),
        &[
            "Info: Created task run 'add' for task 'add'",
            "Info: Running hook 'running' in response to entering state 'Running'",
            "running on Running()",
            "Info: Hook 'running' finished running successfully",
            "look up A",
            "Debug: No record for key 'A': there is none",
            "body, attempt 0, the last",
            r#"commit [("A", "new")]"#,
            "Info: Running rollback hook 'rollback'",
            "undone attempt 0",
            "Info: Rollback hook 'rollback' finished running successfully",
            "Error: The result could not be committed, so it is not kept: the disk is full",
            "Info: Running hook 'completion' in response to entering state 'Completed'",
            "completion on Completed()",
            "Info: Hook 'completion' finished running successfully",
            "Info: Finished in state Completed()",
        ],
    );
}

#[test]
fn hooks_that_fail_are_said_and_stop_nothing() {
    let faults = Faults { hooks_fail: true, ..Faults::default() };
    assert_log(
        Script { faults, ..Script::new() }.with_hooks(),
        &[
            "Info: Created task run 'add' for task 'add'",
            "Info: Running hook 'running' in response to entering state 'Running'",
            "running on Running()",
            "Error: An error was encountered while running hook 'running': the hook failed",
            "look up A",
            "Debug: No record for key 'A': there is none",
            "body, attempt 0, the last",
            r#"commit [("A", "new")]"#,
            "Info: Running commit hook 'commit'",
            "committed attempt 0",
            "Error: An error was encountered while running commit hook 'commit': the hook failed",
            "Info: Running hook 'completion' in response to entering state 'Completed'",
            "completion on Completed()",
            "Error: An error was encountered while running hook 'completion': the hook failed",
            "Info: Finished in state Completed()",
        ],
    );
}
