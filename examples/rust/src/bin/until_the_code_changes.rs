//! `TASK_SOURCE`: whoever calls it, the task runs once and only once, until its code is altered.

use std::thread::sleep;

use keepwell::prelude::*;

mod yesterday {
    use super::*;

    #[task(cache_policy = TASK_SOURCE)]
    pub fn my_stateful_task() -> i64 {
        println!("sleeping");
        sleep(Duration::from_millis(10));
        42
    }
}

mod today {
    use super::*;

    #[task(cache_policy = TASK_SOURCE)]
    pub fn my_stateful_task() -> i64 {
        println!("sleeping");
        sleep(Duration::from_millis(10));
        // Another return value is other code; this comment is not.
        43
    }
}

fn main() {
    println!("{}", yesterday::my_stateful_task()); // sleeps
    println!("{}", yesterday::my_stateful_task()); // does not sleep
    println!("{}", today::my_stateful_task()); // sleeps again
    println!("{}", today::my_stateful_task()); // does not sleep
}
