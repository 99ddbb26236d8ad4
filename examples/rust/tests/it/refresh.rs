//! Records that are ignored on purpose.

use crate::fixture::{Home, program};

#[test]
fn a_task_that_refreshes_replaces_the_record_for_all() {
    let home = Home::new();
    let first = home.run(program!("refresh"), &[]);
    assert_eq!(first.printed, ["runs where there is no record", "1", "always runs", "2", "2", "2"]);
    let second = home.run(program!("refresh"), &[]);
    assert_eq!(second.printed, ["2", "always runs", "2", "2", "2"]);
    assert_eq!(home.records(), ["static%20cache%20key"]);
}

#[test]
fn the_setting_refreshes_all_tasks_but_those_that_never_refresh() {
    let home = Home::new().with("KEEPWELL_TASKS_REFRESH_CACHE", "true");
    let first = home.run(program!("refresh"), &[]);
    assert_eq!(first.printed, ["runs where there is no record", "1", "always runs", "2", "runs as set", "3", "3"]);
    let second = home.run(program!("refresh"), &[]);
    assert_eq!(second.printed, ["3", "always runs", "2", "runs as set", "3", "3"]);
}
