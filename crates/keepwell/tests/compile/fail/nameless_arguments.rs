use keepwell::prelude::*;

#[task]
fn first((one, _): (u32, u32)) -> u32 {
    one
}

#[task]
fn ignoring(_: u32) {}

#[task]
fn of_trait(list: impl Iterator<Item = u32>) -> u32 {
    list.sum()
}

fn main() {}
