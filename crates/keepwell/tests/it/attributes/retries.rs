//! Calls that fail and run again.

use keepwell::prelude::*;
use parking_lot::Mutex;

use super::fixture::{Runs, block_on_in_folder, in_folder};

#[test]
fn each_attempt_gets_arguments_as_they_were() {
    static RUNS: Runs = Runs::new();
    #[task(retries = 2, retry_delay = [Duration::ZERO, Duration::from_millis(1)])]
    fn load(mut list: Vec<u32>, name: &str) -> Result<Vec<u32>, String> {
        list.push(9);
        if RUNS.count() < 3 { Err(name.to_owned()) } else { Ok(list) }
    }
    in_folder(|| {
        assert_eq!(load(vec![1], "x"), Ok(vec![1, 9]));
        assert_eq!(RUNS.total(), 3);
    });
}

#[test]
fn the_last_error_is_returned_when_no_retry_is_left() {
    static RUNS: Runs = Runs::new();
    #[task(retries = 1)]
    fn load() -> Result<(), usize> {
        Err(RUNS.count())
    }
    in_folder(|| assert_eq!(load(), Err(2)));
}

#[test]
fn a_panic_is_retried_too() {
    static RUNS: Runs = Runs::new();
    #[task(retries = 1)]
    async fn load(day: u32) -> u32 {
        assert!(RUNS.count() > 1, "the first one fails");
        day
    }
    block_on_in_folder(async { assert_eq!(load(3).await, 3) });
}

#[test]
fn arguments_that_cannot_be_cloned_go_to_one_attempt() {
    struct Ticket(usize);
    static RUNS: Runs = Runs::new();
    #[task]
    fn redeem(ticket: Ticket) -> Result<usize, usize> {
        RUNS.count();
        Err(ticket.0)
    }
    in_folder(|| {
        let outcome = redeem::bind(Ticket(4)).with_options(|options| options.retries = Some(3)).call();
        assert_eq!((outcome, RUNS.total()), (Err(4), 1));
    });
}

#[test]
fn a_flow_runs_again_under_the_same_id_and_its_kept_tasks_do_not() {
    static TASKS: Runs = Runs::new();
    static IDS: Mutex<Vec<String>> = Mutex::new(Vec::new());
    #[task(persist_result = true)]
    fn load(day: u32) -> u32 {
        TASKS.count();
        day
    }
    #[flow(retries = 1)]
    fn nightly(days: Vec<u32>) -> Result<u32, String> {
        IDS.lock().push(keepwell::context::flow_run().unwrap().flow_run_id.to_string());
        let loaded = days.into_iter().map(load).sum();
        if IDS.lock().len() == 1 { Err("the first one fails".to_owned()) } else { Ok(loaded) }
    }
    in_folder(|| {
        assert_eq!((nightly(vec![1, 2]), TASKS.total()), (Ok(3), 2));
        let ids = IDS.lock();
        assert_eq!((ids.len(), &ids[0]), (2, &ids[1]));
    });
}

#[test]
fn a_hit_clones_no_argument_to_find_out_whether_it_could() {
    static CLONES: Runs = Runs::new();
    #[derive(serde::Serialize)]
    struct Large(u32);
    impl Clone for Large {
        fn clone(&self) -> Self {
            CLONES.count();
            Self(self.0)
        }
    }
    #[task(cache_policy = INPUTS, retries = 2)]
    fn measure(large: Large) -> u32 {
        large.0
    }
    in_folder(|| {
        measure(Large(1));
        assert_eq!(CLONES.total(), 1, "for the first attempt, which may not be the last");
        assert_eq!(measure::bind(Large(1)).state().to_string(), "Cached(type=COMPLETED)");
        assert_eq!(CLONES.total(), 1);
    });
}
