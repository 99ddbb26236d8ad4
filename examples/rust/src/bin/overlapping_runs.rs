//! `READ_COMMITTED`, the default: two threads that call tasks with the same key at the same time both do the work.

use std::thread::{sleep, spawn};

use keepwell::prelude::*;

#[task(cache_policy = INPUTS)]
fn my_task_version_1(x: i64) -> i64 {
    println!("my_task_version_1 running");
    sleep(Duration::from_millis(500));
    x + 42
}

#[task(cache_policy = INPUTS)]
fn my_task_version_2(x: i64) -> i64 {
    println!("my_task_version_2 running");
    sleep(Duration::from_millis(500));
    x + 43
}

fn main() {
    keepwell::logging::init();
    let thread_1 = spawn(|| my_task_version_1(1));
    let thread_2 = spawn(|| my_task_version_2(1));
    println!("{}", thread_1.join().expect("the task does not panic"));
    println!("{}", thread_2.join().expect("the task does not panic"));
}
