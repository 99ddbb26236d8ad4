//! Keys of the user's own, and how long what is under them counts.

use crate::fixture::{Home, program};

#[test]
fn the_text_of_a_key_function_is_the_key_and_names_the_file() {
    let home = Home::new();
    let run = home.run(program!("key_function"), &[]);
    assert_eq!(
        run.printed,
        [
            "key for my_cached_task outside flows, x is Some(1)",
            "running with 1",
            "2",
            "key for my_cached_task in a flow run, x is Some(7)",
            "2",
        ]
    );
    assert_eq!(home.records(), ["static%20cache%20key"]);
}

#[test]
fn what_cannot_be_serialized_is_known_by_what_a_key_function_takes_from_it() {
    let home = Home::new();
    let expected = ["Completed(), then Cached(type=COMPLETED)", "Ok(\"Used test\") = Ok(\"Used test\")"];
    assert_eq!(home.run(program!("key_of_one_field"), &[]).printed, expected);
    // The flow run is a part of the key: another run does not find the record.
    assert_eq!(home.run(program!("key_of_one_field"), &[]).printed, expected);
    assert_eq!(home.records().len(), 2);
}

#[test]
fn tasks_of_different_flows_share_a_record_by_its_key() {
    let home = Home::new();
    let run = home.run(program!("shared_record"), &[]);
    assert_eq!(run.printed, ["writing the report", "the report"]);
    assert_eq!(home.records(), ["report.v1"]);
}

#[test]
fn the_expiration_of_the_writer_holds_for_every_task_that_shares_the_key() {
    let run = Home::new().run(program!("expiration"), &[]);
    assert_eq!(run.printed, ["asking the exchange for KW", "100", "100", "asking for KW again", "101"]);
}
