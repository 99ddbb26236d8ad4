//! `keepwell config`

use crate::fixture::Fixture;

#[test]
fn set_writes_the_profile_and_a_fresh_process_sees_it() {
    let fixture = Fixture::new();
    assert_eq!(
        fixture.run("config set KEEPWELL_RESULTS_PERSIST_BY_DEFAULT=true KEEPWELL_TASKS_DEFAULT_RETRIES=3"),
        "[0]\nSet 'KEEPWELL_RESULTS_PERSIST_BY_DEFAULT' to 'true'.\nSet 'KEEPWELL_TASKS_DEFAULT_RETRIES' to '3'.\n\
         Updated profile 'default'.\n"
    );
    assert_eq!(
        fixture.run("config view"),
        "[0]\nKEEPWELL_PROFILE='default'\nKEEPWELL_HOME='ROOT/home' (from env)\n\
         KEEPWELL_RESULTS_PERSIST_BY_DEFAULT='true' (from profile)\nKEEPWELL_TASKS_DEFAULT_RETRIES='3' (from profile)\n"
    );
    assert_eq!(
        fixture.profiles_file(),
        "active = \"default\"\n\n[profiles.default]\nKEEPWELL_RESULTS_PERSIST_BY_DEFAULT = \"true\"\n\
         KEEPWELL_TASKS_DEFAULT_RETRIES = \"3\"\n"
    );
}

#[test]
fn set_refuses_and_sets_nothing_if_one_setting_is_wrong() {
    let fixture = Fixture::new();
    let refusals = [
        ("NOPE=1", "unknown setting name 'NOPE'\n!  hint: `keepwell config view --show-defaults` lists all settings"),
        (
            "KEEPWELL_TASK_REFRESH_CACHE=1",
            "unknown setting name 'KEEPWELL_TASK_REFRESH_CACHE'\n!  hint: did you mean KEEPWELL_TASKS_REFRESH_CACHE?",
        ),
        (
            "PREFECT_TASKS_DEFAULT_RETRIES=1",
            "unknown setting name 'PREFECT_TASKS_DEFAULT_RETRIES'\n!  hint: did you mean KEEPWELL_TASKS_DEFAULT_RETRIES?",
        ),
        (
            "KEEPWELL_HOME=/x",
            "setting 'KEEPWELL_HOME' cannot be set in a profile: it is needed before profiles are read\n\
             !  hint: use an environment variable instead",
        ),
        ("X", "failed to parse argument 'X'\n!  hint: use the format 'NAME=VALUE'"),
        (
            "KEEPWELL_TASKS_DEFAULT_RETRIES=abc",
            "setting 'KEEPWELL_TASKS_DEFAULT_RETRIES' cannot be 'abc', expected a whole number, 0 or more\n\
             !  hint: the default is `0`",
        ),
        (
            "KEEPWELL_DEBUG_MODE=",
            "setting 'KEEPWELL_DEBUG_MODE' cannot be set to an empty text\n\
             !  hint: `keepwell config unset KEEPWELL_DEBUG_MODE`",
        ),
    ];
    for (assignment, said) in refusals {
        let transcript = fixture.run(&format!("config set KEEPWELL_DEBUG_MODE=true {assignment}"));
        assert_eq!(transcript, format!("[1]\n! error: {said}\n"));
    }
    assert!(!fixture.path("home/profiles.toml").exists());
}

#[test]
fn set_warns_of_what_overrides_it() {
    let fixture = Fixture::new().variable("PREFECT_TASKS_DEFAULT_RETRIES", "2");
    assert_eq!(
        fixture.run("config set KEEPWELL_TASKS_DEFAULT_RETRIES=3"),
        "[0]\nSet 'KEEPWELL_TASKS_DEFAULT_RETRIES' to '3'.\nUpdated profile 'default'.\n\
         ! warning: KEEPWELL_TASKS_DEFAULT_RETRIES is also set by the environment variable PREFECT_TASKS_DEFAULT_RETRIES, \
         which overrides the profile; run `unset PREFECT_TASKS_DEFAULT_RETRIES` to clear it\n"
    );
    std::fs::write(fixture.path("work/keepwell.toml"), "debug_mode = true\n").unwrap();
    assert_eq!(
        fixture.run("config set KEEPWELL_DEBUG_MODE=0"),
        "[0]\nSet 'KEEPWELL_DEBUG_MODE' to '0'.\nUpdated profile 'default'.\n\
         ! warning: KEEPWELL_DEBUG_MODE is also set in the keepwell.toml here, which overrides the profile\n"
    );
}

#[test]
fn set_warns_that_profiles_are_ignored_in_test_mode() {
    assert_eq!(
        Fixture::new().variable("KEEPWELL_TEST_MODE", "1").run("config set KEEPWELL_DEBUG_MODE=1"),
        "[0]\nSet 'KEEPWELL_DEBUG_MODE' to '1'.\nUpdated profile 'default'.\n\
         ! warning: KEEPWELL_DEBUG_MODE has no effect: profiles are ignored in test mode\n"
    );
}

#[test]
fn set_keeps_comments_and_writes_to_the_profile_asked_for() {
    let fixture = Fixture::new()
        .profiles("# mine\nactive = 'default'\n\n[profiles.work]\n# loud\nKEEPWELL_LOGGING_LEVEL = 'INFO' # or not\n");
    assert_eq!(
        fixture.run("config set -p work KEEPWELL_LOGGING_LEVEL=DEBUG"),
        "[0]\nSet 'KEEPWELL_LOGGING_LEVEL' to 'DEBUG'.\nUpdated profile 'work'.\n"
    );
    assert_eq!(
        fixture.profiles_file(),
        "# mine\nactive = 'default'\n\n[profiles.work]\n# loud\nKEEPWELL_LOGGING_LEVEL = \"DEBUG\" # or not\n"
    );
    assert_eq!(
        fixture.run("--profile gone config set KEEPWELL_LOGGING_LEVEL=DEBUG"),
        "[1]\n! error: profile 'gone' not found\n!  hint: `keepwell profile ls` lists the profiles\n"
    );
}

#[test]
fn a_wrong_value_in_a_profile_can_be_mended() {
    let fixture = Fixture::new().profiles("[profiles.default]\nKEEPWELL_DEBUG_MODE = 'maybe'\n");
    let wrong = "[1]\n! error: ROOT/home/profiles.toml:2:23: KEEPWELL_DEBUG_MODE is `maybe`, expected `true` or `false` \
        (or 1, 0, yes, no, on, off)\n!  hint: the default is `false`\n";
    assert_eq!(fixture.run("config view"), wrong);
    assert_eq!(fixture.run("config validate"), wrong);
    assert_eq!(
        fixture.run("config unset --yes KEEPWELL_DEBUG_MODE"),
        "[0]\nUnset 'KEEPWELL_DEBUG_MODE'.\nUpdated profile 'default'.\n"
    );
    assert_eq!(fixture.run("config validate"), "[0]\nConfiguration valid!\n");
}

#[test]
fn unset_asks_first_and_needs_a_yes_without_a_terminal() {
    let fixture = Fixture::new().profiles("[profiles.default]\nKEEPWELL_DEBUG_MODE = 'true'\n");
    assert_eq!(
        fixture.run("config unset KEEPWELL_DEBUG_MODE"),
        "[1]\n! error: not confirmed, and there is no terminal to ask at\n!  hint: add `--yes`\n"
    );
    assert_eq!(
        fixture.run("config unset -y KEEPWELL_DEBUG_MODE KEEPWELL_LOGGING_LEVEL"),
        "[1]\n! error: 'KEEPWELL_LOGGING_LEVEL' is not set in profile 'default'\n"
    );
    assert_eq!(fixture.profiles_file(), "[profiles.default]\nKEEPWELL_DEBUG_MODE = 'true'\n");
}

#[test]
fn view_says_where_each_value_came_from() {
    let fixture = Fixture::new()
        .variable("PREFECT_TASKS_DEFAULT_RETRIES", "2")
        .variable("KEEPWELL_RESULTS_DEFAULT_STORAGE", "redis://me:secret@host")
        .profiles("active = 'work'\n[profiles.work]\nKEEPWELL_DEBUG_MODE = 'true'\n");
    std::fs::write(fixture.path("work/.env"), "KEEPWELL_LOGGING_LEVEL=DEBUG\n").unwrap();
    std::fs::write(fixture.path("work/keepwell.toml"), "[tasks]\nstrict_keys = true\n").unwrap();
    std::fs::write(fixture.path("work/pyproject.toml"), "[tool.keepwell.flows]\ndefault_retries = 1\n").unwrap();
    assert_eq!(
        fixture.run("config view"),
        "[0]\nKEEPWELL_PROFILE='work'\nKEEPWELL_HOME='ROOT/home' (from env)\nKEEPWELL_DEBUG_MODE='true' (from profile)\n\
         KEEPWELL_RESULTS_DEFAULT_STORAGE='redis://me:********@host' (from env)\n\
         KEEPWELL_TASKS_DEFAULT_RETRIES='2' (from env PREFECT_TASKS_DEFAULT_RETRIES)\n\
         KEEPWELL_TASKS_STRICT_KEYS='true' (from keepwell.toml)\n\
         KEEPWELL_FLOWS_DEFAULT_RETRIES='1' (from pyproject.toml)\nKEEPWELL_LOGGING_LEVEL='DEBUG' (from .env file)\n"
    );
    let shown = fixture.run("config view --show-secrets --hide-sources");
    assert!(shown.contains("\nKEEPWELL_RESULTS_DEFAULT_STORAGE='redis://me:secret@host'\n"), "{shown}");
}

#[test]
fn view_prints_json() {
    let fixture = Fixture::new().variable("PREFECT_TASKS_DEFAULT_RETRIES", "2");
    let expected = r#"[0]
{
  "profile": "default",
  "settings": [
    {
      "name": "KEEPWELL_HOME",
      "source": "env",
      "value": "ROOT/home",
      "written": "KEEPWELL_HOME"
    },
    {
      "name": "KEEPWELL_TASKS_DEFAULT_RETRIES",
      "source": "env",
      "value": "2",
      "written": "PREFECT_TASKS_DEFAULT_RETRIES"
    }
  ]
}
"#;
    assert_eq!(fixture.run("config view --output json"), expected);
}

#[test]
fn view_shows_defaults_where_asked() {
    let shown = Fixture::new().run("config view --show-defaults");
    assert!(shown.contains("\nKEEPWELL_RESULTS_LOCAL_STORAGE_PATH='ROOT/home/storage' (from defaults)\n"), "{shown}");
    // The exit code and the profile are lines of their own.
    assert_eq!(shown.lines().count(), 2 + keepwell_core::settings::SETTINGS.len());
}

#[test]
fn validate_says_everything_that_is_wrong() {
    let fixture =
        Fixture::new().variable("KEEPWELL_LOGGING_LEVEL", "LOUD").variable("KEEPWELL_TASKS_DEFAULT_RETRIES", "-1");
    assert_eq!(
        fixture.run("config validate"),
        "[1]\n! error: environment variable KEEPWELL_LOGGING_LEVEL is `LOUD`, expected one of `DEBUG` `INFO` `WARNING` \
         `ERROR` `CRITICAL`\n!  hint: the default is `INFO`\n\
         ! error: environment variable KEEPWELL_TASKS_DEFAULT_RETRIES is `-1`, expected a whole number, 0 or more\n\
         !  hint: the default is `0`\n"
    );
}

#[test]
fn validate_warns_of_names_that_nobody_knows() {
    let fixture = Fixture::new().variable("KEEPWELL_LOGING_LEVEL", "INFO");
    assert_eq!(
        fixture.run("config validate"),
        "[0]\nConfiguration valid!\n! warning: environment variable KEEPWELL_LOGING_LEVEL is not a setting (did you mean \
         KEEPWELL_LOGGING_LEVEL?)\n"
    );
}

#[test]
fn profiles_that_are_not_toml_are_an_error_with_its_place() {
    let fixture = Fixture::new().profiles("active = 'x\n");
    let transcript = fixture.run("config set KEEPWELL_DEBUG_MODE=1");
    assert!(transcript.starts_with("[1]\n! error: ROOT/home/profiles.toml:1:12: invalid TOML, "), "{transcript}");
    assert_eq!(fixture.profiles_file(), "active = 'x\n");
}
