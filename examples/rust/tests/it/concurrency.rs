//! Two runs of one key at a time, in one process and in two.

use std::thread;

use crate::fixture::{Home, Run, program};
use crate::redis::Redis;

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

#[test]
fn with_locks_in_redis_one_of_two_processes_does_the_work_and_the_other_uses_its_value() {
    let (home, redis) = (Home::new(), Redis::start());
    let runs = thread::scope(|scope| {
        let processes =
            [(); 2].map(|()| scope.spawn(|| home.run(program!("one_run_on_all_machines"), &[&redis.url()])));
        processes.map(|process| process.join().expect("the program ends well"))
    });
    let mut states: Vec<_> = runs.iter().flat_map(|run| run.states_of("my_cached_task")).collect();
    states.sort_unstable();
    assert_eq!(states, ["Cached(type=COMPLETED)", "Completed()"]);
    let mut printed: Vec<_> = runs.iter().flat_map(|run| run.printed.iter().map(String::as_str)).collect();
    printed.sort_unstable();
    assert_eq!(printed, ["43", "43", "running"]);
    assert_eq!(home.records().len(), 1);
}
