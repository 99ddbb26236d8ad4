use keepwell::prelude::*;

#[task(task_run_name = "load-{dya}")]
fn load(day: u32) -> u32 {
    day
}

#[flow(flow_run_name = "nightly-{}")]
fn nightly(day: u32) {
    load(day);
}

fn main() {}
