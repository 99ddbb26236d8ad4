//! Editing profiles.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use keepwell_core::settings::{Profiles, Setting};

use super::fixture::Fixture;

const FILE: &str = "me/.keepwell/profiles.toml";

const COMMENTED: &str = "\
# whose machine is this
active = \"work\" # for now

# nothing yet
[profiles.default]

[profiles.work] # the office
# careful
KEEPWELL_LOGGING_LEVEL = \"DEBUG\" # loud
PREFECT_TASK_DEFAULT_RETRIES = '2'
";

fn setting(path: &str) -> &'static Setting {
    Setting::find(path).unwrap()
}

#[test]
fn an_edit_keeps_comments_and_order() {
    let fixture = Fixture::new().profiles(COMMENTED);
    Profiles::edit(&fixture.environment, |profiles| {
        profiles.set("work", setting("logging.level"), "ERROR")?;
        profiles.set("work", setting("tasks.default_retries"), "3")?;
        profiles.set("default", setting("debug_mode"), "true")?;
        profiles.activate("default")?;
        profiles.rename("work", "office")
    })
    .unwrap();
    let expected = "\
# whose machine is this
active = \"default\" # for now

# nothing yet
[profiles.default]
KEEPWELL_DEBUG_MODE = \"true\"

[profiles.office] # the office
# careful
KEEPWELL_LOGGING_LEVEL = \"ERROR\" # loud
KEEPWELL_TASKS_DEFAULT_RETRIES = \"3\"
";
    assert_eq!(fs::read_to_string(fixture.path(FILE)).unwrap(), expected);
}

#[test]
fn a_failed_edit_leaves_the_file_as_it_was() {
    let fixture = Fixture::new().profiles(COMMENTED);
    let refused = Profiles::edit(&fixture.environment, |profiles| {
        profiles.set("work", setting("debug_mode"), "true")?;
        profiles.set("work", setting("tasks.default_retries"), "abc")
    });
    assert_eq!(
        refused.unwrap_err().report(),
        "setting 'KEEPWELL_TASKS_DEFAULT_RETRIES' cannot be 'abc', expected a whole number, 0 or more \
         (the default is `0`)"
    );
    assert_eq!(fs::read_to_string(fixture.path(FILE)).unwrap(), COMMENTED);
    assert_eq!(fs::read_dir(fixture.path("me/.keepwell")).unwrap().count(), 1);
}

#[test]
fn a_new_file_and_its_folder_are_the_users_alone() {
    let fixture = Fixture::new().variable("KEEPWELL_HOME", "~/a/b");
    Profiles::edit(&fixture.environment, |profiles| profiles.set("default", setting("debug_mode"), "1")).unwrap();
    let mode = |name: &str| fs::metadata(fixture.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("me/a/b"), mode("me/a/b/profiles.toml")), (0o700, 0o600));
    let content = fs::read_to_string(fixture.path("me/a/b/profiles.toml")).unwrap();
    assert_eq!(content, "active = \"default\"\n\n[profiles.default]\nKEEPWELL_DEBUG_MODE = \"1\"\n");
}

#[test]
fn a_linked_file_stays_linked() {
    let fixture = Fixture::new().file("kept.toml", COMMENTED);
    std::os::unix::fs::symlink(fixture.path("kept.toml"), fixture.path(FILE)).unwrap();
    Profiles::edit(&fixture.environment, |profiles| profiles.activate("default")).unwrap();
    assert!(fs::symlink_metadata(fixture.path(FILE)).unwrap().is_symlink());
    assert!(fs::read_to_string(fixture.path("kept.toml")).unwrap().contains("active = \"default\" # for now"));
}

#[test]
fn edits_at_the_same_time_are_all_kept() {
    let fixture = Fixture::new();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let environment = &fixture.environment;
            scope.spawn(move || {
                Profiles::edit(environment, |profiles| profiles.create(&format!("p{number}"), None)).unwrap();
            });
        }
    });
    assert_eq!(Profiles::read(&fixture.environment).unwrap().names().len(), 9);
}

#[test]
fn unset_removes_a_setting_under_whatever_name_it_is_there() {
    let fixture = Fixture::new().profiles(COMMENTED);
    let mut profiles = Profiles::read(&fixture.environment).unwrap();
    assert!(profiles.unset("work", setting("tasks.default_retries")).unwrap());
    assert!(!profiles.unset("work", setting("tasks.default_retries")).unwrap());
    assert_eq!(profiles.variables("work").unwrap(), [("KEEPWELL_LOGGING_LEVEL".into(), "DEBUG".into())]);
}

#[test]
fn a_file_that_is_not_made_of_profiles_is_refused() {
    let fixture = Fixture::new().profiles("[profiles]\nwork = 'x'\n");
    assert_eq!(
        Profiles::read(&fixture.environment).unwrap_err().report(),
        fixture.rooted("ROOT/me/.keepwell/profiles.toml: `profiles` is not made of tables (write each profile as `[profiles.NAME]`)")
    );
}

#[test]
fn the_default_and_the_active_profile_stay() {
    let fixture = Fixture::new().profiles(COMMENTED);
    let mut profiles = Profiles::read(&fixture.environment).unwrap();
    let refused = [
        profiles.remove("default"),
        profiles.rename("default", "other"),
        profiles.remove("work"),
        profiles.remove("gone"),
        profiles.create("work", None),
        profiles.create(" ", None),
        profiles.create("new", Some("gone")),
        profiles.rename("work", "default"),
        profiles.set("work", setting("home"), "/x"),
        profiles.set("work", setting("debug_mode"), ""),
    ];
    assert_eq!(
        refused.map(|result| result.unwrap_err().to_string()),
        [
            "profile 'default' is built in and cannot be removed",
            "profile 'default' is built in and cannot be renamed",
            "profile 'work' is the active profile and cannot be removed",
            "profile 'gone' not found",
            "profile 'work' already exists",
            "a profile must have a name",
            "profile 'gone' not found",
            "profile 'default' already exists",
            "setting 'KEEPWELL_HOME' cannot be set in a profile: it is needed before profiles are read",
            "setting 'KEEPWELL_DEBUG_MODE' cannot be set to an empty text",
        ]
    );
}
