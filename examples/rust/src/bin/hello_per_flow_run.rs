//! The flow run is part of the key: the task runs once in each flow run.

use keepwell::prelude::*;

#[task(cache_policy = INPUTS + RUN_ID, cache_expiration = Duration::from_secs(86_400))]
fn hello_task(name_input: String) -> String {
    // Doing some work.
    println!("Saying hello");
    format!("hello {name_input}")
}

#[flow]
fn hello_flow(name_input: String) {
    // Runs each time the flow is run,
    hello_task(name_input.clone());
    // but the same call within the same flow run is cached.
    hello_task(name_input);
}

fn main() {
    keepwell::logging::init();
    hello_flow("Ada".to_owned());
    hello_flow("Ada".to_owned());
}
