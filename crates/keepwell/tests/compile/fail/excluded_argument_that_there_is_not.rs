use keepwell::prelude::*;

#[task(cache_policy = INPUTS - "day" - "sesion" + TASK_SOURCE)]
fn load(user: String, session: u32, day: u32) -> String {
    format!("{user} {session} {day}")
}

#[task(cache_policy = (INPUTS - "x").configure())]
fn nothing() {}

fn main() {}
