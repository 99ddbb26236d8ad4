//! Caching needs persistence, which a policy switches on and the setting `KEEPWELL_RESULTS_PERSIST_BY_DEFAULT` for all
//! tasks; `persist_result = false` rules both out.

use keepwell::prelude::*;

#[task]
fn plain() -> i64 {
    println!("plain runs");
    1
}

#[task(persist_result = false)]
fn never_kept() -> i64 {
    println!("never_kept runs");
    2
}

#[flow]
fn twice() {
    plain();
    plain();
    never_kept();
    never_kept();
}

fn main() {
    twice();
}
