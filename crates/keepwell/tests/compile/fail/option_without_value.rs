use keepwell::prelude::*;

#[task(cache_policy)]
fn load(day: u32) -> u32 {
    day
}

#[task(associated = true)]
fn store(day: u32) -> u32 {
    day
}

fn main() {}
