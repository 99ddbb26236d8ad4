//! Calls of async functions, on any runtime.

use keepwell::prelude::*;

use super::fixture::{Runs, block_on_in_folder, tokio_in_folder};

#[test]
fn an_async_task_is_cached_without_any_runtime() {
    static RUNS: Runs = Runs::new();
    #[task(cache_policy = INPUTS)]
    async fn fetch(address: &str) -> String {
        futures_lite::future::yield_now().await;
        RUNS.count();
        address.to_uppercase()
    }
    block_on_in_folder(async {
        assert_eq!((fetch("a").await, fetch("a").await), ("A".to_owned(), "A".to_owned()));
        assert_eq!(RUNS.total(), 1);
        assert_eq!(fetch::bind("a").state().await.to_string(), "Cached(type=COMPLETED)");
    });
}

#[test]
fn an_async_task_borrows_across_awaits_on_tokio() {
    #[task(cache_policy = INPUTS, retries = 1)]
    async fn longest(words: &[String], least: &usize) -> Option<String> {
        tokio::time::sleep(Duration::from_millis(1)).await;
        words.iter().filter(|word| word.len() >= *least).max_by_key(|word| word.len()).cloned()
    }
    tokio_in_folder(async {
        let words = ["a".to_owned(), "abc".to_owned()];
        assert_eq!(longest(&words, &2).await, Some("abc".to_owned()));
        assert_eq!(longest(&words, &4).await, None);
    });
}

#[test]
fn calls_run_side_by_side_and_can_be_spawned() {
    static RUNS: Runs = Runs::new();
    #[task]
    async fn meet(number: u32) -> u32 {
        RUNS.count();
        while RUNS.total() < 2 {
            tokio::task::yield_now().await;
        }
        number
    }
    tokio_in_folder(async {
        let both = (tokio::spawn(meet(1)), tokio::spawn(meet(2)));
        assert_eq!((both.0.await.unwrap(), both.1.await.unwrap()), (1, 2));
    });
}

#[test]
fn a_call_that_is_dropped_keeps_nothing() {
    static RUNS: Runs = Runs::new();
    #[task(cache_policy = INPUTS)]
    async fn slow(day: u32) -> u32 {
        RUNS.count();
        futures_lite::future::yield_now().await;
        day
    }
    block_on_in_folder(async {
        let mut call = Box::pin(slow(1));
        assert_eq!(futures_lite::future::poll_once(&mut call).await, None);
        drop(call);
        assert_eq!(slow(1).await, 1);
        assert_eq!(RUNS.total(), 2);
    });
}

#[test]
fn the_settings_of_the_call_hold_in_the_body_whoever_polls_it() {
    fn storage_path() -> String {
        keepwell::settings::current().results.local_storage_path.display().to_string()
    }
    #[task]
    async fn after_an_await() -> (String, String) {
        let before = storage_path();
        futures_lite::future::yield_now().await;
        (before, storage_path())
    }
    let mut call = Box::pin(after_an_await());
    block_on_in_folder(async { assert_eq!(futures_lite::future::poll_once(&mut call).await, None) });
    let (before, after) = futures_lite::future::block_on(call);
    assert_eq!(before, after);
    assert_ne!(after, storage_path());
}
