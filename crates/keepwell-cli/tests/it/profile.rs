//! `keepwell profile`

use crate::fixture::Fixture;

const PROFILES: &str = "active = 'work'\n\n[profiles.work]\nKEEPWELL_DEBUG_MODE = 'true'\n\n[profiles.empty]\n";

#[test]
fn ls_marks_the_active_profile() {
    let fixture = Fixture::new().profiles(PROFILES);
    assert_eq!(fixture.run("profile ls"), "[0]\n  default\n* work\n  empty\n");
    assert_eq!(fixture.run("-p empty profile ls"), "[0]\n  default\n  work\n* empty\n");
    assert_eq!(Fixture::new().run("profile ls"), "[0]\n* default\n");
    let json = "[0]\n[\n  {\n    \"active\": true,\n    \"name\": \"default\"\n  }\n]\n";
    assert_eq!(Fixture::new().run("profile ls -o json"), json);
}

#[test]
fn create_copies_where_asked_and_refuses_a_name_that_is_taken() {
    let fixture = Fixture::new().profiles(PROFILES);
    assert_eq!(
        fixture.run("profile create new --from work"),
        "[0]\nCreated profile 'new' from 'work'.\n\nTo make it the active one:\n\n    keepwell profile use 'new'\n"
    );
    assert_eq!(fixture.run("profile inspect new"), "[0]\nKEEPWELL_DEBUG_MODE='true'\n");
    assert_eq!(
        fixture.run("profile create new"),
        "[1]\n! error: profile 'new' already exists\n\
         !  hint: to make a new one, remove it first: `keepwell profile delete 'new'`\n"
    );
}

#[test]
fn use_makes_a_profile_active_for_the_next_process() {
    let fixture = Fixture::new().profiles(PROFILES);
    assert_eq!(fixture.run("profile use empty"), "[0]\nProfile 'empty' is now active.\n");
    assert_eq!(fixture.run("profile ls"), "[0]\n  default\n  work\n* empty\n");
    assert_eq!(
        fixture.run("profile use gone"),
        "[1]\n! error: profile 'gone' not found\n!  hint: `keepwell profile ls` lists the profiles\n"
    );
    let fixture = fixture.variable("KEEPWELL_PROFILE", "work");
    assert_eq!(
        fixture.run("profile use empty"),
        "[0]\nProfile 'empty' is now active.\n! warning: KEEPWELL_PROFILE is set to 'work', which overrides it; run `unset \
         KEEPWELL_PROFILE` to clear it\n"
    );
}

#[test]
fn delete_removes_a_profile_that_is_not_in_use() {
    let fixture = Fixture::new().profiles(PROFILES);
    assert_eq!(
        fixture.run("profile delete work --yes"),
        "[1]\n! error: profile 'work' is the active profile and cannot be removed\n\
         !  hint: make another one active first: `keepwell profile use NAME`\n"
    );
    assert_eq!(
        fixture.run("profile delete empty"),
        "[1]\n! error: not confirmed, and there is no terminal to ask at\n!  hint: add `--yes`\n"
    );
    assert_eq!(fixture.run("profile delete empty --yes"), "[0]\nRemoved profile 'empty'.\n");
    assert_eq!(fixture.run("profile ls"), "[0]\n  default\n* work\n");
}

#[test]
fn rename_keeps_the_profile_active() {
    let fixture = Fixture::new().profiles(PROFILES);
    assert_eq!(fixture.run("profile rename work office"), "[0]\nRenamed profile 'work' to 'office'.\n");
    assert_eq!(
        fixture.profiles_file(),
        "active = \"office\"\n\n[profiles.office]\nKEEPWELL_DEBUG_MODE = 'true'\n\n[profiles.empty]\n"
    );
}

#[test]
fn inspect_shows_a_profile_or_the_active_one() {
    let fixture = Fixture::new().profiles(PROFILES);
    assert_eq!(fixture.run("profile inspect"), "[0]\nKEEPWELL_DEBUG_MODE='true'\n");
    assert_eq!(fixture.run("profile inspect empty"), "[0]\nProfile 'empty' is empty.\n");
    assert_eq!(fixture.run("profile inspect -o json"), "[0]\n{\n  \"KEEPWELL_DEBUG_MODE\": \"true\"\n}\n");
}
