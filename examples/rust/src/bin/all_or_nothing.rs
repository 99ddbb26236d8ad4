//! A transaction: the results of both tasks are kept, or neither. `all_or_nothing fail` lets the second one fail.

use keepwell::prelude::*;

#[task(cache_key_fn = |_: &TaskRunContext, _: &Parameters<'_>| "static-key-1")]
fn load_data() -> String {
    println!("loading");
    "some-data".to_owned()
}

#[task(cache_key_fn = |_: &TaskRunContext, _: &Parameters<'_>| "static-key-2")]
fn process_data(data: String, fail: bool) -> Result<usize, keepwell::Error> {
    println!("processing");
    if fail {
        return Err(keepwell::Error::new(keepwell::ErrorKind::User, "Error! Abort!"));
    }
    Ok(data.len())
}

#[flow]
fn multi_task_cache(fail: bool) -> Result<usize, keepwell::Error> {
    transaction(|_| process_data(load_data(), fail))
}

fn main() {
    keepwell::logging::init();
    let fail = std::env::args().nth(1).is_some_and(|argument| argument == "fail");
    match multi_task_cache(fail) {
        Ok(length) => println!("{length}"),
        Err(error) => println!("failed: {error}"),
    }
}
