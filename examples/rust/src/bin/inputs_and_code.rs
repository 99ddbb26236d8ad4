//! `TASK_SOURCE + INPUTS`: the task runs again for a new `x`, or when its code changes.

use keepwell::prelude::*;

mod yesterday {
    use super::*;

    #[task(cache_policy = TASK_SOURCE + INPUTS)]
    pub fn my_cached_task(x: i64) -> i64 {
        println!("running with {x}");
        x + 42
    }
}

mod today {
    use super::*;

    #[task(cache_policy = TASK_SOURCE + INPUTS)]
    pub fn my_cached_task(x: i64) -> i64 {
        println!("running new code with {x}");
        x + 42
    }
}

fn main() {
    yesterday::my_cached_task(1);
    yesterday::my_cached_task(1); // does not run
    yesterday::my_cached_task(2);
    today::my_cached_task(1);
    today::my_cached_task(1); // does not run
}
