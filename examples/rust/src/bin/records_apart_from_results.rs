//! `key_storage`: cache records in one folder, results alone in the result storage.

use keepwell::prelude::*;

#[task(cache_policy = (TASK_SOURCE + INPUTS).key_storage("cache-records"))]
fn my_cached_task(x: i64) -> i64 {
    println!("running with {x}");
    x + 42
}

fn main() {
    keepwell::logging::init();
    println!("{}", my_cached_task(1));
}
