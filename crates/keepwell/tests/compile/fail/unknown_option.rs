use keepwell::prelude::*;

#[task(retires = 3)]
fn load(day: u32) -> u32 {
    day
}

#[flow(cache_policy = INPUTS)]
fn nightly() {}

fn main() {}
