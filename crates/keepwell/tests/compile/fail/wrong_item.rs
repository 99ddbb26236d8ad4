use keepwell::prelude::*;

#[task]
struct Task;

#[source]
type Alias = u32;

#[source(version = "1")]
const LIMIT: u32 = 1;

#[task]
const fn constant() {}

fn main() {}
