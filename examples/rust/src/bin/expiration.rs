//! `cache_expiration`: the writer says how long a record counts, and that holds for every task that shares the key.

use std::thread::sleep;

use keepwell::prelude::*;

#[task(cache_policy = INPUTS, cache_expiration = Duration::from_secs(2))]
fn quote(share: String) -> u32 {
    println!("asking the exchange for {share}");
    100
}

#[task(cache_policy = INPUTS)]
fn quote_for_the_report(share: String) -> u32 {
    println!("asking for {share} again");
    101
}

fn main() {
    println!("{}", quote("KW".to_owned()));
    println!("{}", quote_for_the_report("KW".to_owned())); // the same key: does not run
    sleep(Duration::from_millis(2100));
    println!("{}", quote_for_the_report("KW".to_owned())); // expired for this task too
}
