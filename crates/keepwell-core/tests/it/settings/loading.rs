//! What loaded settings hold.

use std::path::Path;
use std::time::{Duration, Instant};

use keepwell_core::settings::{LogLevel, OnStorageError};
use keepwell_core::storage::Durability;

use super::fixture::{Fixture, found};

#[test]
fn the_defaults_are_the_documented_ones() {
    let fixture = Fixture::new();
    let settings = fixture.load().unwrap();
    let home = fixture.path("me/.keepwell");
    assert_eq!(settings.home, home);
    assert_eq!(settings.profiles_path, home.join("profiles.toml"));
    assert_eq!(settings.results.local_storage_path, home.join("storage"));
    assert_eq!(settings.logging.config_path, home.join("logging.yml"));
    assert_eq!(settings.results.default_serializer, "auto");
    assert_eq!(settings.results.default_storage, None);
    assert_eq!(settings.results.on_storage_error, OnStorageError::Run);
    assert_eq!(settings.results.durability, Durability::Ordered);
    assert_eq!(settings.results.memory_limit.as_bytes(), 256 << 20);
    assert_eq!(settings.tasks.default_retry_delay_seconds, [Duration::ZERO]);
    assert_eq!(settings.tasks.default_persist_result, None);
    assert_eq!(settings.task_runner.thread_pool_max_workers, None);
    assert_eq!(settings.locks.timeout_seconds, Some(Duration::from_secs(60)));
    assert_eq!(settings.logging.level, LogLevel::Info);
    assert!(settings.logging.colors && !settings.results.persist_by_default && !settings.debug_mode);
}

#[test]
fn the_home_moves_everything_under_it() {
    let fixture = Fixture::new().variable("KEEPWELL_HOME", "~/kept");
    let settings = fixture.load().unwrap();
    let home = fixture.path("me/kept");
    assert_eq!(
        [&settings.home, &settings.profiles_path, &settings.results.local_storage_path, &settings.logging.config_path],
        [&home, &home.join("profiles.toml"), &home.join("storage"), &home.join("logging.yml")]
    );
}

#[test]
fn a_relative_path_is_under_the_working_directory() {
    let settings = Fixture::new().variable("KEEPWELL_RESULTS_LOCAL_STORAGE_PATH", "kept/here");
    assert_eq!(settings.load().unwrap().results.local_storage_path, settings.path("work/kept/here"));
}

#[test]
fn an_absolute_home_needs_no_user() {
    let environment = keepwell_core::settings::Environment::in_directory("/").with_variable("KEEPWELL_HOME", "/srv/k");
    let settings = keepwell_core::settings::Settings::load(&environment, &Default::default()).unwrap();
    assert_eq!(settings.results.local_storage_path, Path::new("/srv/k/storage"));
}

#[test]
fn every_type_is_read_from_a_variable() {
    let settings = Fixture::new()
        .variable("KEEPWELL_RESULTS_PERSIST_BY_DEFAULT", "on")
        .variable("KEEPWELL_RESULTS_DURABILITY", "full")
        .variable("KEEPWELL_RESULTS_MEMORY_LIMIT", "1 GiB")
        .variable("KEEPWELL_RESULTS_DEFAULT_STORAGE", "s3://bucket")
        .variable("KEEPWELL_TASKS_DEFAULT_RETRY_DELAY_SECONDS", "1,10,100")
        .variable("KEEPWELL_TASKS_DEFAULT_PERSIST_RESULT", "false")
        .variable("KEEPWELL_TASKS_RUNNER_THREAD_POOL_MAX_WORKERS", "4")
        .variable("KEEPWELL_LOCKS_TIMEOUT_SECONDS", "none")
        .variable("KEEPWELL_LOGGING_LEVEL", "debug")
        .variable("KEEPWELL_LOGGING_EXTRA_LOGGERS", "a, b.c")
        .load()
        .unwrap();
    assert!(settings.results.persist_by_default);
    assert_eq!(settings.results.durability, Durability::Full);
    assert_eq!(settings.results.memory_limit.as_bytes(), 1 << 30);
    assert_eq!(settings.results.default_storage.unwrap().reveal(), "s3://bucket");
    assert_eq!(settings.tasks.default_retry_delay_seconds, [1, 10, 100].map(Duration::from_secs));
    assert_eq!(settings.tasks.default_persist_result, Some(false));
    assert_eq!(settings.task_runner.thread_pool_max_workers.unwrap().get(), 4);
    assert_eq!(settings.locks.timeout_seconds, None);
    assert_eq!(settings.logging.level, LogLevel::Debug);
    assert_eq!(settings.logging.extra_loggers, ["a", "b.c"]);
}

#[test]
fn debug_mode_logs_everything() {
    let fixture = Fixture::new().variable("KEEPWELL_LOGGING_LEVEL", "ERROR");
    assert_eq!(fixture.load().unwrap().log_level(), LogLevel::Error);
    assert_eq!(fixture.variable("KEEPWELL_DEBUG_MODE", "1").load().unwrap().log_level(), LogLevel::Debug);
}

#[test]
fn a_password_does_not_show_in_debug_output() {
    let settings =
        Fixture::new().variable("KEEPWELL_RESULTS_DEFAULT_STORAGE", "redis://me:secret@host").load().unwrap();
    let shown = format!("{settings:?} {:?}", settings.results);
    assert!(shown.contains("redis://me:********@host") && !shown.contains("secret"), "{shown}");
}

#[test]
fn a_folder_called_dot_env_is_no_settings_file() {
    let fixture = Fixture::new();
    std::fs::create_dir(fixture.path("work/.env")).unwrap();
    assert_eq!(found(&fixture.load().unwrap(), "debug_mode"), ("false".into(), "defaults".into()));
}

#[test]
fn loading_from_every_source_takes_less_than_a_millisecond() {
    let fixture = Fixture::new()
        .variable("KEEPWELL_LOGGING_LEVEL", "DEBUG")
        .file("work/.env", "KEEPWELL_TASKS_DEFAULT_RETRIES=3\n")
        .file("work/keepwell.toml", "[tasks]\ndefault_retries = 4\n")
        .file("work/pyproject.toml", "[project]\nname = 'x'\n[tool.keepwell.tasks]\ndefault_retries = 5\n")
        .profiles("[profiles.default]\nKEEPWELL_TASKS_DEFAULT_RETRIES = '6'\n");
    let fastest = (0..50).map(|_| timed(&fixture)).min().unwrap();
    println!("loading: {fastest:?}");
    assert!(fastest < Duration::from_millis(1), "{fastest:?}");
}

#[expect(clippy::disallowed_methods, reason = "this test measures")]
fn timed(fixture: &Fixture) -> Duration {
    let start = Instant::now();
    fixture.load().unwrap();
    start.elapsed()
}
