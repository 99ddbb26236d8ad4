//! Two runs of one key at a time.

use crate::fixture::{Home, Run, program};

fn sorted(run: &Run) -> Vec<&str> {
    let mut lines: Vec<&str> = run.printed.iter().map(String::as_str).collect();
    lines.sort_unstable();
    lines
}

/// The states of both tasks, sorted.
fn states(run: &Run) -> Vec<&str> {
    let mut states = [run.states_of("my_task_version_1"), run.states_of("my_task_version_2")].concat();
    states.sort_unstable();
    states
}

#[test]
fn by_default_two_runs_of_a_key_overlap_and_each_gets_its_own_value() {
    let home = Home::new();
    let run = home.run(program!("overlapping_runs"), &[]);
    assert_eq!(sorted(&run), ["43", "44", "my_task_version_1 running", "my_task_version_2 running"]);
    assert_eq!(states(&run), ["Completed()", "Completed()"]);
    assert_eq!(home.records().len(), 1);
}

#[test]
fn at_serializable_one_run_of_a_key_does_the_work_and_the_other_uses_its_value() {
    let home = Home::new();
    let run = home.run(program!("one_run_at_a_time"), &[]);
    let first = ["44", "44", "my_task_version_1 running"];
    let second = ["45", "45", "my_task_version_2 running"];
    assert!([first, second].map(Vec::from).contains(&sorted(&run)), "{:?}", run.printed);
    assert_eq!(states(&run), ["Cached(type=COMPLETED)", "Completed()"]);
    assert_eq!(home.records().len(), 1);
}
