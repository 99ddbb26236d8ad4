//! The engine's parts, for whoever works on them: `cargo bench -p keepwell-bench`.

use divan::{Bencher, black_box};
use keepwell::value::write_key;
use keepwell_core::clock::Timestamp;
use keepwell_core::id::TaskRunId;
use keepwell_core::key::Digest;
use keepwell_core::policy::{DEFAULT, INPUTS};

fn main() {
    divan::main();
}

#[divan::bench]
fn key_of_two_small_inputs(bencher: Bencher<'_, '_>) {
    let policy = INPUTS;
    bencher.bench(|| {
        let mut builder = policy.key_builder();
        builder.input("name", |hasher| write_key("Ada", "name", hasher));
        builder.input("number", |hasher| write_key(&7_u64, "number", hasher));
        black_box(builder.finish())
    });
}

#[divan::bench]
fn key_of_the_default_policy(bencher: Bencher<'_, '_>) {
    let (policy, run) = (DEFAULT, TaskRunId::new(Timestamp::from_millis(0)));
    bencher.bench(|| {
        let mut builder = policy.key_builder();
        builder.input("name", |hasher| write_key("Ada", "name", hasher));
        builder.task_source(Digest::from_bytes([1; 32]));
        builder.run_id(None, run);
        black_box(builder.finish())
    });
}
