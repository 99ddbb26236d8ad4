//! Tasks in different flows, and different tasks, share a record if they share its key and storage.

use keepwell::prelude::*;

fn report_key(_: &TaskRunContext, _: &Parameters<'_>) -> &'static str {
    "report.v1"
}

#[task(cache_key_fn = report_key)]
fn write_report() -> String {
    println!("writing the report");
    "the report".to_owned()
}

#[task(cache_key_fn = report_key)]
fn read_report() -> String {
    println!("there is no report");
    String::new()
}

#[flow]
fn nightly() {
    write_report();
}

#[flow]
fn morning() {
    println!("{}", read_report()); // does not run
}

fn main() {
    nightly();
    morning();
}
