//! `SERIALIZABLE`: of two threads that call tasks with the same key, one does the work and the other uses its result.

use std::sync::Arc;
use std::thread::{sleep, spawn};

use keepwell::prelude::*;

/// Inputs, one run at a time.
fn policy() -> CachePolicy {
    INPUTS.isolation_level(IsolationLevel::Serializable).lock_manager(Arc::new(MemoryLockManager::new()))
}

#[task(cache_policy = policy())]
fn my_task_version_1(x: i64) -> i64 {
    println!("my_task_version_1 running");
    sleep(Duration::from_millis(500));
    x + 42
}

#[task(cache_policy = policy())]
fn my_task_version_2(x: i64) -> i64 {
    println!("my_task_version_2 running");
    sleep(Duration::from_millis(500));
    x + 43
}

fn main() {
    keepwell::logging::init();
    let thread_1 = spawn(|| my_task_version_1(2));
    let thread_2 = spawn(|| my_task_version_2(2));
    println!("{}", thread_1.join().expect("the task does not panic"));
    println!("{}", thread_2.join().expect("the task does not panic"));
}
