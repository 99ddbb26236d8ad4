//! Calls whose future is dropped in the middle, and waiting that must not block a runtime.

use std::sync::Arc;

use futures_lite::future::{poll_once, yield_now};
use keepwell::prelude::*;
use parking_lot::Mutex;

use super::fixture::{Runs, block_on_in_folder, in_folder};

fn serializable() -> CachePolicy {
    INPUTS.isolation_level(IsolationLevel::Serializable).lock_manager(Arc::new(MemoryLockManager::new()))
}

#[test]
fn a_task_that_is_dropped_in_its_body_gives_its_lock_back() {
    static RUNS: Runs = Runs::new();
    #[task(cache_policy = serializable())]
    async fn held(name: String) -> String {
        RUNS.count();
        if RUNS.total() == 1 {
            std::future::pending::<()>().await;
        }
        name
    }
    block_on_in_folder(async {
        let mut first = Box::pin(held("given up".to_owned()));
        assert!(poll_once(&mut first).await.is_none());
        drop(first);
        // Without the lock this would wait for its deadline, which is a minute away.
        assert_eq!(held("given up".to_owned()).await, "given up");
    });
    assert_eq!(RUNS.total(), 2);
}

#[test]
fn a_transaction_that_is_dropped_keeps_nothing_and_runs_its_rollback_hooks() {
    static LOG: Mutex<Vec<&str>> = Mutex::new(Vec::new());
    #[task(cache_policy = INPUTS)]
    async fn step(number: u32) -> u32 {
        number
    }
    block_on_in_folder(async {
        let mut block = Box::pin(transaction_async(async |transaction| {
            transaction.on_rollback(|_| LOG.lock().push("undone"));
            step(1).await;
            std::future::pending::<()>().await;
            Ok::<_, keepwell::Error>(())
        }));
        for _ in 0..3 {
            assert!(poll_once(&mut block).await.is_none());
            yield_now().await;
        }
        drop(block);
        assert_eq!(*LOG.lock(), ["undone"]);
        assert_eq!(step::bind(1).state().await.to_string(), "Completed()");
    });
}

#[test]
fn a_flow_waits_for_submitted_tasks_without_blocking_the_runtime_that_they_need() {
    static RUNS: Runs = Runs::new();
    #[task]
    async fn slow() {
        tokio::time::sleep(Duration::from_millis(50)).await;
        RUNS.count();
    }
    #[flow]
    async fn submits() {
        let _ = (slow::submit(), slow::submit());
    }
    // One thread: whoever blocks it stops the very timers that the submitted tasks wait for.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    in_folder(|| runtime.block_on(submits()));
    assert_eq!(RUNS.total(), 2);
}

#[test]
fn a_key_function_that_panics_leaves_the_call_uncached_and_says_so() {
    fn broken(_: &TaskRunContext, _: &Parameters<'_>) -> String {
        panic!("no key today")
    }
    #[task(cache_key_fn = broken)]
    async fn work() -> u32 {
        7
    }
    block_on_in_folder(async {
        let state = work::bind().state().await;
        let problems: Vec<String> =
            state.details().problems.iter().map(|problem| problem.message.to_string()).collect();
        assert_eq!(state.to_string(), "Completed()");
        assert_eq!(
            problems,
            ["The cache key could not be computed, so the result will not be kept: \
              the key function `broken` panicked: no key today"]
        );
        assert_eq!(state.result().unwrap(), 7);
    });
}
