//! What is said about wrong settings.

use keepwell_core::ErrorKind;
use keepwell_core::settings::{SETTINGS, problems};

use super::fixture::Fixture;

/// A text that the setting must refuse, and what it must say it accepts; nothing where any text is accepted.
fn wrong(path: &str) -> Option<(&'static str, &'static str)> {
    const BOOLEAN: &str = "`true` or `false` (or 1, 0, yes, no, on, off)";
    const RETRIES: &str = "a whole number, 0 or more";
    const WORKERS: &str = "a whole number, 1 or more; or `none`";
    const DELAYS: &str = "a number of seconds, or up to 50 of them with commas between, as in `1,10,100`";
    Some(match path {
        "debug_mode" | "results.persist_by_default" | "tasks.refresh_cache" | "tasks.default_no_cache" => {
            ("2", BOOLEAN)
        }
        "results.require_signature" | "results.mmap" => ("signed", BOOLEAN),
        "results.signing_key" => ("5a5a", "64 hexadecimal digits, as `openssl rand -hex 32` makes them; or `none`"),
        "results.trusted_keys" => ("5a5a", "keys of 64 hexadecimal digits with commas between"),
        "tasks.disable_caching" | "tasks.strict_keys" | "logging.log_prints" | "logging.colors" => ("maybe", BOOLEAN),
        "testing.test_mode" => ("truely", BOOLEAN),
        "tasks.default_persist_result" => ("perhaps", "`true` or `false` (or 1, 0, yes, no, on, off); or `none`"),
        "tasks.default_retries" => ("-1", RETRIES),
        "flows.default_retries" => ("1.5", RETRIES),
        "tasks.runner.thread_pool_max_workers" | "tasks.runner.process_pool_max_workers" => ("0", WORKERS),
        "tasks.default_retry_delay_seconds" => ("1,,2", DELAYS),
        "flows.default_retry_delay_seconds" => ("-1", DELAYS),
        "locks.lease_seconds" => ("long", "a number of seconds, 0 or more"),
        "locks.timeout_seconds" | "locks.heartbeat_seconds" => ("soon", "a number of seconds, 0 or more; or `none`"),
        "logging.level" => ("LOUD", "one of `DEBUG` `INFO` `WARNING` `ERROR` `CRITICAL`"),
        "results.durability" => ("eternal", "one of `none` `ordered` `full`"),
        "results.on_storage_error" => ("panic", "one of `run` `raise`"),
        "results.memory_limit" => ("256 MiBs", "a number of bytes, as in `0`, `500 MB` or `256 MiB`"),
        "home" | "profiles_path" | "results.default_serializer" | "results.default_storage" => return None,
        "results.local_storage_path" | "logging.extra_loggers" | "logging.config_path" => return None,
        other => panic!("say here what {other} refuses"),
    })
}

#[test]
fn every_setting_refuses_a_wrong_text_and_says_what_it_accepts() {
    for setting in SETTINGS {
        let Some((text, accepts)) = wrong(setting.path()) else { continue };
        let name = setting.name();
        let error = Fixture::new().variable(name, text).load().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Settings);
        let shown = setting.shown(text);
        assert_eq!(error.to_string(), format!("environment variable {name} is `{shown}`, expected {accepts}"));
        assert_eq!(error.hint(), Some(format!("the default is `{}`", setting.default_text()).as_str()));
    }
}

#[test]
fn every_file_is_named_with_line_and_column() {
    let wrong = [
        ("work/.env", "# x\nexport KEEPWELL_DEBUG_MODE='maybe'\n", "ROOT/work/.env:2:28: KEEPWELL_DEBUG_MODE"),
        ("work/keepwell.toml", "\ndebug_mode = 'maybe'\n", "ROOT/work/keepwell.toml:2:14: debug_mode"),
        ("work/pyproject.toml", "[tool.keepwell]\ndebug_mode='maybe'\n", "ROOT/work/pyproject.toml:2:12: debug_mode"),
        (
            "me/.keepwell/profiles.toml",
            "[profiles.default]\n\"KEEPWELL_DEBUG_MODE\" = 'maybe'\n",
            "ROOT/me/.keepwell/profiles.toml:2:25: KEEPWELL_DEBUG_MODE",
        ),
    ];
    for (name, content, place) in wrong {
        let fixture = Fixture::new().file(name, content);
        let expected = "is `maybe`, expected `true` or `false` (or 1, 0, yes, no, on, off)";
        assert_eq!(fixture.load().unwrap_err().to_string(), format!("{} {expected}", fixture.rooted(place)));
    }
}

#[test]
fn files_that_are_not_toml_are_errors_with_their_place() {
    for name in ["work/keepwell.toml", "work/pyproject.toml", "me/.keepwell/profiles.toml"] {
        let fixture = Fixture::new().file(name, "active = 'x'\n[profiles\n");
        let error = fixture.load().unwrap_err();
        let place = fixture.rooted(&format!("ROOT/{name}:2:10: invalid TOML, "));
        assert!(error.to_string().starts_with(&place), "{error}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let fixture = Fixture::new();
    std::fs::write(fixture.path("work/keepwell.toml"), b"x = '\xff'").unwrap();
    assert_eq!(
        fixture.load().unwrap_err().report(),
        fixture.rooted("cannot read ROOT/work/keepwell.toml: stream did not contain valid UTF-8")
    );
}

#[test]
fn a_variable_that_is_not_utf8_is_an_error() {
    use std::os::unix::ffi::OsStringExt;
    let mut fixture = Fixture::new();
    let bytes = std::ffi::OsString::from_vec(vec![0xff]);
    fixture.environment = fixture.environment.with_variable("KEEPWELL_HOME", bytes);
    let error = fixture.load().unwrap_err();
    assert_eq!(error.to_string(), "environment variable KEEPWELL_HOME is not valid UTF-8");
}

#[test]
fn without_a_home_directory_the_way_out_is_named() {
    let environment = keepwell_core::settings::Environment::in_directory("/");
    let error = keepwell_core::settings::Settings::load(&environment, &Default::default()).unwrap_err();
    assert_eq!(
        error.report(),
        "default KEEPWELL_HOME is `~/.keepwell`, but the user's home directory is unknown or not UTF-8 \
         (set KEEPWELL_HOME to an absolute path)"
    );
}

#[test]
fn unknown_names_are_warnings_in_every_source() {
    let fixture = Fixture::new()
        .variable("KEEPWELL_TASKS_REFRESH", "1")
        .variable("KEEPWELL_PROFILE", "default")
        .variable("KEEPWELL__INTERNAL", "1")
        .file("work/.env", "KEEPWELL_LOGING_LEVEL=DEBUG\nKEEPWELL_PROFILE=work\n")
        .file("work/keepwell.toml", "[tasks]\nretries = 1\n")
        .profiles("[profiles.default]\nKEEPWELL_API_URL = 'x'\nKEEPWELL_HOME = '/x'\n");
    assert_eq!(
        fixture.load().unwrap().warnings(),
        [
            "environment variable KEEPWELL_TASKS_REFRESH is not a setting (did you mean KEEPWELL_TASKS_REFRESH_CACHE?)",
            "ROOT/work/.env:1:23: KEEPWELL_LOGING_LEVEL is not a setting (did you mean KEEPWELL_LOGGING_LEVEL?)",
            "ROOT/work/.env:2:18: KEEPWELL_PROFILE has no effect in a file (set it in the environment)",
            "ROOT/work/keepwell.toml:2:11: tasks.retries is not a setting",
            "ROOT/me/.keepwell/profiles.toml:2:20: KEEPWELL_API_URL is not a setting",
            "ROOT/me/.keepwell/profiles.toml:3:17: KEEPWELL_HOME has no effect in a profile: it is needed before profiles are read \
             (set it in the environment)",
        ]
        .map(|line| fixture.rooted(line))
    );
}

#[test]
fn a_missing_profile_is_a_warning_unless_the_command_line_asks_for_it() {
    let fixture = Fixture::new().profiles("active = 'gone'\n[profiles.default]\nKEEPWELL_DEBUG_MODE = true\n");
    let settings = fixture.load().unwrap();
    let warning = "profile 'gone', active in ROOT/me/.keepwell/profiles.toml, not found: the profile 'default' is used";
    assert_eq!(settings.warnings(), [fixture.rooted(warning)]);
    assert!(settings.debug_mode);
    let mut fixture = fixture.variable("KEEPWELL_PROFILE", "lost");
    let warning = "profile 'lost', set by KEEPWELL_PROFILE, not found: the profile 'default' is used";
    assert_eq!(fixture.load().unwrap().warnings(), [warning]);
    fixture.environment = fixture.environment.with_profile("void");
    let error = fixture.load().unwrap_err();
    assert_eq!(error.report(), "profile 'void' not found (`keepwell profile ls` lists the profiles)");
}

#[test]
fn problems_are_found_also_where_a_stronger_source_hides_them() {
    let fixture = Fixture::new()
        .variable("KEEPWELL_DEBUG_MODE", "true")
        .variable("KEEPWELL_LOGGING_LEVEL", "LOUD")
        .profiles("[profiles.default]\nKEEPWELL_DEBUG_MODE = 'maybe'\n");
    let said: Vec<_> = problems(&fixture.environment).iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "environment variable KEEPWELL_LOGGING_LEVEL is `LOUD`, expected one of `DEBUG` `INFO` `WARNING` `ERROR` \
             `CRITICAL`"
                .to_owned(),
            fixture.rooted(
                "ROOT/me/.keepwell/profiles.toml:2:23: KEEPWELL_DEBUG_MODE is `maybe`, expected `true` or `false` \
                 (or 1, 0, yes, no, on, off)"
            )
        ]
    );
}

#[test]
fn a_heartbeat_that_cannot_keep_the_lease_is_refused() {
    let lease = |lease: &str| Fixture::new().variable("KEEPWELL_LOCKS_LEASE_SECONDS", lease);
    assert!(lease("2").variable("KEEPWELL_LOCKS_HEARTBEAT_SECONDS", "1").load().is_ok());
    let error = lease("2").variable("KEEPWELL_LOCKS_HEARTBEAT_SECONDS", "1.1").load().unwrap_err();
    assert_eq!(error.to_string(), "a heartbeat every 1.1 s cannot keep a lease of 2 s");
    assert_eq!(lease("0.5").load().unwrap_err().to_string(), "a lease of 0.5 s is too short");
}
