//! Tasks on worker threads.

use std::thread;

use keepwell::prelude::*;
use keepwell::settings::{Overrides, with_overrides};

use super::fixture::{Runs, in_folder, tokio_in_folder};

#[task(cache_policy = INPUTS)]
fn double(number: u64) -> u64 {
    number * 2
}

#[task]
fn sum(one: u64, other: u64) -> u64 {
    one + other
}

#[test]
fn futures_are_inputs_of_later_tasks() {
    in_folder(|| {
        let (one, other) = (double::submit(1), double::submit(2));
        let total = sum::submit(&one, &other);
        assert_eq!(sum::submit(total, 10).result(), 16);
        assert_eq!((one.result(), other.result()), (2, 4));
    });
}

#[test]
fn a_map_submits_once_for_each_element() {
    in_folder(|| {
        let doubled: Vec<u64> = double::map(0..4).into_iter().map(TaskFuture::result).collect();
        assert_eq!(doubled, [0, 2, 4, 6]);
        let sums = sum::map(vec![(double::submit(1), 1), (double::submit(2), 2)]);
        assert_eq!(sums.into_iter().map(TaskFuture::result).collect::<Vec<_>>(), [3, 6]);
    });
}

#[test]
fn a_task_without_arguments_is_submitted_and_mapped() {
    #[task]
    fn one() -> u32 {
        1
    }
    in_folder(|| {
        assert_eq!(one::submit().result(), 1);
        assert_eq!(one::map([(), ()]).into_iter().map(TaskFuture::result).sum::<u32>(), 2);
    });
}

#[test]
fn a_submitted_task_has_the_settings_of_its_submitter() {
    #[task]
    fn storage_path() -> String {
        keepwell::settings::current().results.local_storage_path.display().to_string()
    }
    #[task]
    async fn async_storage_path() -> String {
        storage_path()
    }
    in_folder(|| {
        let here = storage_path();
        assert_eq!((storage_path::submit().result(), async_storage_path::submit().result()), (here.clone(), here));
    });
}

#[test]
fn a_task_whose_input_failed_does_not_run() {
    #[task]
    fn fail() -> Result<u64, String> {
        Err("no such day".to_owned())
    }
    in_folder(|| {
        let state = double::submit(fail::submit()).state();
        let text = "NotReady('Upstream task run did not reach a 'COMPLETED' state: it ended in \
                    Failed('Task run encountered an exception String: no such day')', type=PENDING)";
        assert_eq!(state.to_string(), text);
    });
}

#[test]
fn a_flow_waits_for_the_tasks_that_it_submitted() {
    static RUNS: Runs = Runs::new();
    #[task]
    fn slow() {
        thread::sleep(Duration::from_millis(20));
        RUNS.count();
    }
    #[flow]
    fn nightly() {
        drop((slow::submit(), slow::submit()));
    }
    in_folder(|| {
        nightly();
        assert_eq!(RUNS.total(), 2);
    });
}

#[test]
fn a_submitted_async_task_runs_in_the_callers_tokio_runtime() {
    #[task]
    async fn slow(number: u64) -> u64 {
        tokio::time::sleep(Duration::from_millis(1)).await;
        number + 1
    }
    tokio_in_folder(async {
        let first = slow::submit(1_u64);
        assert_eq!(slow::submit(&first).await, 3);
        assert_eq!(first.await, 2);
    });
}

#[test]
fn tasks_that_submit_tasks_do_not_starve_each_other() {
    #[task]
    fn tree(depth: u64) -> u64 {
        if depth == 0 { 1 } else { tree::map([depth - 1, depth - 1]).into_iter().map(TaskFuture::result).sum() }
    }
    let limit = Overrides::new().set("KEEPWELL_TASK_RUNNER_THREAD_POOL_MAX_WORKERS", "2").unwrap();
    in_folder(|| with_overrides(&limit, || assert_eq!(tree::submit(5).result(), 32)).unwrap());
}

#[test]
fn a_future_can_be_asked_for_its_value_before_the_task_that_it_is_an_input_of_has_begun() {
    #[task]
    fn wait(pause: u64) -> u64 {
        thread::sleep(Duration::from_millis(pause));
        pause
    }
    in_folder(|| {
        let first = wait::submit(0_u64);
        let later = sum::submit(wait::submit(20_u64), &first);
        assert_eq!(first.result(), 0);
        assert_eq!(later.result(), 20);
    });
}
