//! Which source wins: one test for each pair of neighbours.

use keepwell_core::settings::{Overrides, Settings, Source};

use super::fixture::{Fixture, found};

const PATH: &str = "tasks.default_retries";

fn winner(fixture: &Fixture) -> (String, String) {
    found(&fixture.load().unwrap(), PATH)
}

fn won(text: &str, source: &str) -> (String, String) {
    (text.into(), source.into())
}

#[test]
fn an_override_beats_the_environment() {
    let fixture = Fixture::new().variable("KEEPWELL_TASKS_DEFAULT_RETRIES", "2");
    let overrides = Overrides::new().set(PATH, "1").unwrap();
    let settings = Settings::load(&fixture.environment, &overrides).unwrap();
    assert_eq!(found(&settings, PATH), won("1", "override"));
}

#[test]
fn the_environment_beats_dot_env() {
    let fixture = Fixture::new()
        .variable("KEEPWELL_TASKS_DEFAULT_RETRIES", "2")
        .file("work/.env", "KEEPWELL_TASKS_DEFAULT_RETRIES=3\n");
    assert_eq!(winner(&fixture), won("2", "env"));
}

#[test]
fn dot_env_beats_keepwell_toml() {
    let fixture = Fixture::new()
        .file("work/.env", "KEEPWELL_TASKS_DEFAULT_RETRIES=3\n")
        .file("work/keepwell.toml", "[tasks]\ndefault_retries = 4\n");
    assert_eq!(winner(&fixture), won("3", ".env file"));
}

#[test]
fn keepwell_toml_beats_pyproject_toml() {
    let fixture = Fixture::new()
        .file("work/keepwell.toml", "[tasks]\ndefault_retries = 4\n")
        .file("work/pyproject.toml", "[tool.keepwell.tasks]\ndefault_retries = 5\n");
    assert_eq!(winner(&fixture), won("4", "keepwell.toml"));
}

#[test]
fn pyproject_toml_beats_the_profile() {
    let fixture = Fixture::new()
        .file("work/pyproject.toml", "[project]\nname = 'x'\n[tool.keepwell.tasks]\ndefault_retries = 5\n")
        .profiles("[profiles.default]\nKEEPWELL_TASKS_DEFAULT_RETRIES = '6'\n");
    assert_eq!(winner(&fixture), won("5", "pyproject.toml"));
}

#[test]
fn the_profile_beats_the_default() {
    let fixture = Fixture::new().profiles("[profiles.default]\nKEEPWELL_TASKS_DEFAULT_RETRIES = '6'\n");
    assert_eq!(winner(&fixture), won("6", "profile"));
}

#[test]
fn where_nobody_says_the_default_holds() {
    assert_eq!(winner(&Fixture::new()), won("0", "defaults"));
}

#[test]
fn an_empty_text_is_as_good_as_none() {
    let fixture = Fixture::new()
        .variable("KEEPWELL_TASKS_DEFAULT_RETRIES", "")
        .profiles("[profiles.default]\nKEEPWELL_TASKS_DEFAULT_RETRIES = '6'\n");
    assert_eq!(winner(&fixture), won("6", "profile"));
}

#[test]
fn a_twin_counts_in_its_own_layer() {
    let fixture = Fixture::new()
        .variable("PREFECT_TASKS_DEFAULT_RETRIES", "2")
        .file("work/.env", "KEEPWELL_TASKS_DEFAULT_RETRIES=3\n");
    assert_eq!(winner(&fixture), won("2", "env"));
    let fixture = fixture.variable("KEEPWELL_TASK_DEFAULT_RETRIES", "7");
    assert_eq!(winner(&fixture), won("7", "env"));
}

#[test]
fn a_twin_says_where_the_value_came_from() {
    let settings = Fixture::new().variable("PREFECT_TASK_DEFAULT_RETRIES", "2").load().unwrap();
    let (_, found) = settings.iter().find(|(setting, _)| setting.path() == PATH).unwrap();
    assert_eq!((found.written(), found.source()), ("PREFECT_TASK_DEFAULT_RETRIES", &Source::Environment));
}

#[test]
fn variables_of_another_meaning_are_not_honoured() {
    let settings = Fixture::new()
        .variable("PREFECT_HOME", "/p")
        .variable("PREFECT_PROFILES_PATH", "/p/profiles.toml")
        .variable("PREFECT_LOCAL_STORAGE_PATH", "/p/storage")
        .variable("PREFECT_RESULTS_DEFAULT_STORAGE_BLOCK", "s3-bucket/mine")
        .variable("PREFECT_LOGGING_SETTINGS_PATH", "/p/logging.yml")
        .variable("PREFECT_API_URL", "http://p")
        .load()
        .unwrap();
    assert!(settings.iter().all(|(_, found)| *found.source() == Source::Default), "{settings:?}");
    assert_eq!(settings.warnings(), [""; 0]);
}

const PROFILES: &str = "active = 'b'\n[profiles.a]\nKEEPWELL_TASKS_DEFAULT_RETRIES = '1'\n\
    [profiles.b]\nKEEPWELL_TASKS_DEFAULT_RETRIES = '2'\n[profiles.c]\nKEEPWELL_TASKS_DEFAULT_RETRIES = '3'\n";

#[test]
fn the_profile_of_the_command_line_beats_the_variable_and_that_the_active_one() {
    let fixture = Fixture::new().profiles(PROFILES);
    assert_eq!((winner(&fixture), fixture.load().unwrap().profile()), (won("2", "profile"), "b"));
    let mut fixture = fixture.variable("KEEPWELL_PROFILE", "a");
    assert_eq!((winner(&fixture), fixture.load().unwrap().profile()), (won("1", "profile"), "a"));
    fixture.environment = fixture.environment.with_profile("c");
    assert_eq!((winner(&fixture), fixture.load().unwrap().profile()), (won("3", "profile"), "c"));
}

#[test]
fn in_test_mode_profiles_are_ignored() {
    let fixture = Fixture::new().profiles(PROFILES).variable("KEEPWELL_TEST_MODE", "yes");
    assert_eq!((winner(&fixture), fixture.load().unwrap().profile()), (won("0", "defaults"), "default"));
}
