//! Keys of large inputs.

use std::hint::black_box;

use keepwell::value::dispatch::{ByNumbers as _, Probe};
use keepwell_bench::contest::{Contestant, contest};
use keepwell_core::policy::INPUTS;

use super::{Outcome, table};

/// The key of 100 MB of floating-point numbers beside BLAKE3 over the same bytes, one thread each.
pub(super) fn numbers() -> Outcome {
    let numbers: Vec<f64> = (0..12_500_000).map(f64::from).collect();
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    let scores = contest(
        1,
        &mut [
            Contestant::new("keepwell, the key of a `Vec<f64>` of 100 MB", || {
                let policy = INPUTS;
                let mut builder = policy.key_builder();
                builder.input("numbers", |hasher| (&&&Probe::of(&numbers)).write_key()(&numbers, "numbers", hasher));
                drop(black_box(builder.finish()));
            }),
            Contestant::new("BLAKE3 over the same bytes", || {
                black_box(blake3::hash(&bytes));
            }),
        ],
    );
    table("The key of a large input", &scores);
    Ok(())
}
