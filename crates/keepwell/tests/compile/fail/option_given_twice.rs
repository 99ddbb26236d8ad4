use keepwell::prelude::*;

#[task(retries = 3, name = "load", retries = 4)]
fn load(day: u32) -> u32 {
    day
}

fn main() {}
