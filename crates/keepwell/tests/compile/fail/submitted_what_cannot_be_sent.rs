use std::rc::Rc;

use keepwell::prelude::*;

#[task]
fn count(shared: Rc<u32>) -> u32 {
    *shared
}

fn main() {
    count(Rc::new(1));
    let _ = count::submit(Rc::new(1));
}
