//! A key function: the text that it returns is the key. It sees the run and the inputs by name.

use keepwell::prelude::*;

fn static_cache_key(context: &TaskRunContext, parameters: &Parameters<'_>) -> &'static str {
    let in_flow = if context.flow_run_id.is_some() { "in a flow run" } else { "outside flows" };
    println!("key for {} {in_flow}, x is {:?}", context.task.name, parameters.get::<i64>("x"));
    // Return a constant.
    "static cache key"
}

#[task(cache_key_fn = static_cache_key)]
fn my_cached_task(x: i64) -> i64 {
    println!("running with {x}");
    x + 1
}

#[flow]
fn my_flow() {
    println!("{}", my_cached_task(7));
}

fn main() {
    println!("{}", my_cached_task(1));
    my_flow(); // another x, the same key
}
