//! Several tasks whose results are kept together or not at all.

use crate::fixture::{Home, program};

#[test]
fn after_a_failure_in_a_transaction_no_record_exists_and_the_next_run_runs_both() {
    let home = Home::new();
    let failed = home.run(program!("all_or_nothing"), &["fail"]);
    assert_eq!(failed.printed, ["loading", "processing", "failed: Error! Abort!"]);
    assert_eq!(failed.states_of("load_data"), ["Completed()"]);
    assert_eq!(home.records(), Vec::<String>::new());

    let succeeded = home.run(program!("all_or_nothing"), &[]);
    assert_eq!(succeeded.printed, ["loading", "processing", "9"]);
    assert_eq!(home.records(), ["static-key-1", "static-key-2"]);

    let cached = home.run(program!("all_or_nothing"), &[]);
    assert_eq!(cached.printed, ["9"]);
    assert_eq!(cached.states_of("load_data"), ["Cached(type=COMPLETED)"]);
    assert_eq!(cached.states_of("process_data"), ["Cached(type=COMPLETED)"]);
}
