//! Prints the tables of `BENCHMARKS.md`, every ratio from this one run.

#![allow(clippy::print_stdout, reason = "this program is here to print")]

mod compare;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    compare::all()
}
