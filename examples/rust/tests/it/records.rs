//! Where records and results are, and whether there are any.

use std::ffi::OsString;
use std::fs;

use crate::fixture::{Home, is_computed_key, program, records_in};

const NOTHING: [&str; 0] = [];

#[test]
fn records_can_be_kept_apart_from_results_and_deleted_without_harm() {
    let home = Home::new();
    assert_eq!(home.run(program!("records_apart_from_results"), &[]).printed, ["running with 1", "43"]);
    let records = home.path().join("cache-records");
    let [key] = records_in(&records).try_into().expect("there is one record");
    assert!(is_computed_key(&key), "{key}");
    // The result storage holds the value alone: 43 in CBOR (RFC 8949).
    assert_eq!(home.records(), std::slice::from_ref(&key));
    assert_eq!(fs::read(home.storage().join(&key)).unwrap(), [0x18, 43]);

    assert_eq!(home.run(program!("records_apart_from_results"), &[]).printed, ["43"]);
    fs::remove_file(records.join(&key)).unwrap();
    assert_eq!(fs::read(home.storage().join(&key)).unwrap(), [0x18, 43]);
    assert_eq!(home.run(program!("records_apart_from_results"), &[]).printed, ["running with 1", "43"]);
}

#[test]
fn a_record_that_was_edited_is_a_miss_and_the_result_stays() {
    let home = Home::new();
    home.run(program!("records_apart_from_results"), &[]);
    let records = home.path().join("cache-records");
    let [key] = records_in(&records).try_into().expect("there is one record");
    fs::write(records.join(&key), "edited").unwrap();
    let run = home.run(program!("records_apart_from_results"), &[]);
    assert_eq!(run.printed, ["running with 1", "43"]);
    assert_eq!(run.states_of("my_cached_task"), ["Completed()"]);
    assert_eq!(fs::read(home.storage().join(&key)).unwrap(), [0x18, 43]);
}

#[test]
fn a_missing_result_is_a_miss_and_is_replaced() {
    let home = Home::new();
    home.run(program!("records_apart_from_results"), &[]);
    let [key] = home.records().try_into().expect("there is one result");
    fs::remove_file(home.storage().join(&key)).unwrap();
    let run = home.run(program!("records_apart_from_results"), &[]);
    assert_eq!(run.printed, ["running with 1", "43"]);
    let why = format!("its result is missing: `{key}` is not in {}", home.storage().display());
    let warning = format!("WARNING | Task run 'my_cached_task' - No record for key '{key}': {why}");
    assert!(run.logged.contains(&warning), "{:?}", run.logged);
    assert_eq!(home.run(program!("records_apart_from_results"), &[]).printed, ["43"]);
}

#[test]
fn nothing_is_kept_unless_it_is_asked_for() {
    let home = Home::new();
    let expected = ["plain runs", "plain runs", "never_kept runs", "never_kept runs"];
    assert_eq!(home.run(program!("persistence"), &[]).printed, expected);
    assert_eq!(home.records(), NOTHING);
}

#[test]
fn the_setting_keeps_all_results_but_those_that_are_never_kept() {
    let home = Home::new().with("KEEPWELL_RESULTS_PERSIST_BY_DEFAULT", "true");
    assert_eq!(home.run(program!("persistence"), &[]).printed, ["plain runs", "never_kept runs", "never_kept runs"]);
    assert_eq!(home.records().len(), 1);
}

#[test]
fn a_setting_that_the_program_keepwell_set_holds_for_the_next_run() {
    let home = Home::new();
    let exit_code = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "records::sets_the_profile", "--ignored", "--nocapture"])
        .env("KEEPWELL_HOME", home.path())
        .output()
        .unwrap();
    assert!(exit_code.status.success(), "{exit_code:?}");
    let profiles = fs::read_to_string(home.path().join("profiles.toml")).unwrap();
    assert!(profiles.contains("KEEPWELL_RESULTS_PERSIST_BY_DEFAULT"), "{profiles}");
    assert_eq!(home.run(program!("persistence"), &[]).printed, ["plain runs", "never_kept runs", "never_kept runs"]);
}

/// `keepwell config set KEEPWELL_RESULTS_PERSIST_BY_DEFAULT=true` in the home that the environment names. Started by the
/// test above as a process of its own, since its environment is another.
#[test]
#[ignore = "a part of another test"]
fn sets_the_profile() {
    let arguments = ["keepwell", "config", "set", "KEEPWELL_RESULTS_PERSIST_BY_DEFAULT=true"];
    assert_eq!(keepwell_cli::run(arguments.map(OsString::from)), 0);
}
