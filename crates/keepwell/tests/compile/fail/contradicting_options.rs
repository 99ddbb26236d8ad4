use keepwell::prelude::*;

fn key(_: &TaskRunContext, _: &Parameters<'_>) -> String {
    String::new()
}

#[task(cache_policy = RUN_ID, cache_key_fn = key)]
fn two_keys() {}

#[task(cache_policy = INPUTS, persist_result = false)]
fn kept_and_not(day: u32) -> u32 {
    day
}

#[task(cache_policy = NO_CACHE, persist_result = false)]
fn plainly_not_kept(day: u32) -> u32 {
    day
}

fn main() {}
