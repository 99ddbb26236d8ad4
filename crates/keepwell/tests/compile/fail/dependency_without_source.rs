use keepwell::prelude::*;

struct Table;

#[task(depends_on(Table))]
fn load() {}

fn main() {}
