//! Prints the house measures of the tree that this was built from, and fails on a breach of the hard ones.

use std::path::Path;
use std::process::ExitCode;

use keepwell_tidy::{Measures, Tree, breaches};

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]
fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let tree = match Tree::read(&root) {
        Ok(tree) => tree,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("{}", Measures::of(&tree));
    let breaches = breaches(&tree);
    breaches.iter().for_each(|breach| println!("breach: {breach}"));
    if breaches.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
