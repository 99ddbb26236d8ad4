//! Without a policy the key is made of the inputs, the task's code and the flow run: hits within a flow run, none across.

use keepwell::prelude::*;

#[task(persist_result = true)]
fn square(x: i64) -> i64 {
    println!("squaring {x}");
    x * x
}

#[flow]
fn squares() {
    square(3);
    square(3); // does not run
    square(4);
}

fn main() {
    keepwell::logging::init();
    squares();
    squares(); // a flow run of its own: squares 3 and 4 again
}
