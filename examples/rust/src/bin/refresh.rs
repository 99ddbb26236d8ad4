//! `refresh_cache`: a task that always runs and replaces the record, one that follows the setting, and one that never
//! refreshes. `KEEPWELL_TASKS_REFRESH_CACHE=true` changes the second alone.

use keepwell::prelude::*;

fn static_cache_key(_: &TaskRunContext, _: &Parameters<'_>) -> &'static str {
    "static cache key"
}

#[task(cache_key_fn = static_cache_key, refresh_cache = true)]
fn always(value: i64) -> i64 {
    println!("always runs");
    value
}

#[task(cache_key_fn = static_cache_key)]
fn as_set(value: i64) -> i64 {
    println!("runs as set");
    value
}

#[task(cache_key_fn = static_cache_key, refresh_cache = false)]
fn never(value: i64) -> i64 {
    println!("runs where there is no record");
    value
}

fn main() {
    println!("{}", never(1));
    println!("{}", always(2));
    println!("{}", as_set(3));
    println!("{}", never(4));
}
