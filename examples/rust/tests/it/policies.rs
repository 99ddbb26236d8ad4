//! Which calls share a key: the policies.

use crate::fixture::{Home, is_computed_key, program};

#[test]
fn a_task_with_equal_inputs_runs_once_and_the_next_program_does_not_run_it() {
    let home = Home::new();
    let first = home.run(program!("hello"), &[]);
    assert_eq!(first.printed, ["Saying hello"]);
    assert_eq!(first.states_of("hello_task"), ["Completed()", "Cached(type=COMPLETED)"]);
    let second = home.run(program!("hello"), &[]);
    assert_eq!(second.printed, Vec::<String>::new());
    assert_eq!(second.states_of("hello_task"), ["Cached(type=COMPLETED)", "Cached(type=COMPLETED)"]);
    assert!(matches!(home.records().as_slice(), [key] if is_computed_key(key)), "{:?}", home.records());
}

#[test]
fn the_log_says_what_ran_and_what_was_cached() {
    let run = Home::new().run(program!("hello"), &[]);
    let of_task: Vec<&String> = run.logged.iter().filter(|line| line.contains("| Task run")).collect();
    assert_eq!(
        of_task,
        [
            "INFO    | Task run 'hello_task-…' - Created task run 'hello_task-…' for task 'hello_task'",
            "INFO    | Task run 'hello_task-…' - Finished in state Completed()",
            "INFO    | Task run 'hello_task-…' - Created task run 'hello_task-…' for task 'hello_task'",
            "INFO    | Task run 'hello_task-…' - Finished in state Cached(type=COMPLETED)",
        ]
    );
}

#[test]
fn with_the_run_in_its_key_a_task_runs_once_in_each_flow_run() {
    let run = Home::new().run(program!("hello_per_flow_run"), &[]);
    assert_eq!(run.printed, ["Saying hello", "Saying hello"]);
    let cached = "Cached(type=COMPLETED)";
    assert_eq!(run.states_of("hello_task"), ["Completed()", cached, "Completed()", cached]);
}

#[test]
fn the_default_policy_hits_within_a_flow_run_and_not_across() {
    let run = Home::new().run(program!("default_policy"), &[]);
    assert_eq!(run.printed, ["squaring 3", "squaring 4", "squaring 3", "squaring 4"]);
    let once = ["Completed()", "Cached(type=COMPLETED)", "Completed()"];
    assert_eq!(run.states_of("square"), [once, once].concat());
}

#[test]
fn a_task_known_by_its_code_runs_again_when_the_code_changes() {
    let home = Home::new();
    let run = home.run(program!("until_the_code_changes"), &[]);
    assert_eq!(run.printed, ["sleeping", "42", "42", "sleeping", "43", "43"]);
    let again = home.run(program!("until_the_code_changes"), &[]);
    assert_eq!(again.printed, ["42", "42", "43", "43"]);
    assert_eq!(home.records().len(), 2);
}

#[test]
fn a_task_known_by_inputs_and_code_runs_again_for_new_ones_of_either() {
    let home = Home::new();
    let run = home.run(program!("inputs_and_code"), &[]);
    assert_eq!(run.printed, ["running with 1", "running with 2", "running new code with 1"]);
    assert_eq!(home.run(program!("inputs_and_code"), &[]).printed, Vec::<String>::new());
    assert_eq!(home.records().len(), 3);
}

#[test]
fn an_input_that_is_left_out_does_not_change_the_key() {
    let run = Home::new().run(program!("ignore_an_input"), &[]);
    assert_eq!(run.printed, ["running, debug is false"]);
    assert_eq!(run.states_of("my_cached_task"), ["Completed()", "Cached(type=COMPLETED)"]);
}
