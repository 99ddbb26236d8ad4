//! A task whose result is kept for a day: equal inputs, in this flow run or the next, do not run it again.

use keepwell::prelude::*;

#[task(cache_policy = INPUTS, cache_expiration = Duration::from_secs(86_400))]
fn hello_task(name_input: String) -> String {
    // Doing some work.
    println!("Saying hello");
    format!("hello {name_input}")
}

#[flow]
fn hello_flow(name_input: String) {
    hello_task(name_input.clone());
    hello_task(name_input); // does not run
}

fn main() {
    keepwell::logging::init();
    hello_flow("Ada".to_owned());
}
