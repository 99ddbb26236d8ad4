use std::rc::Rc;

use keepwell::prelude::*;

#[task]
fn count(shared: Rc<u32>) -> u32 {
    *shared
}

#[task]
fn length(text: &str) -> usize {
    text.len()
}

fn main() {
    count(Rc::new(1));
    let _ = count::submit(Rc::new(1));
    let local = String::from("abc");
    let _ = length::submit(local.as_str());
}
