//! `INPUTS - "debug"`: an input that does not change the result is no part of the key.

use keepwell::prelude::*;

#[task(cache_policy = INPUTS - "debug")]
fn my_cached_task(x: i64, debug: bool) -> i64 {
    println!("running, debug is {debug}");
    x + 42
}

fn main() {
    keepwell::logging::init();
    my_cached_task(1, false);
    my_cached_task(1, true); // still uses the cache
}
