//! `keepwell cache rm` and `keepwell cache clear`

use std::time::Duration;

use keepwell_core::key::Digest;

use super::records::*;

#[test]
fn rm_removes_what_is_named_or_nothing() {
    let records = Records::new().write(record("abc")).write(record("abd")).write(record("x"));
    assert_eq!(
        records.run("rm abc"),
        "[1]\n! error: not confirmed, and there is no terminal to ask at\n!  hint: add `--yes`\n"
    );
    assert!(records.run("rm abc gone --yes").starts_with("[1]\n! error: no key begins with 'gone'\n"));
    assert_eq!(records.files(), ["abc", "abd", "x"]);
    assert_eq!(records.run("rm abc x --yes"), "[0]\nRemoved 'abc'.\nRemoved 'x'.\nRemoved 2 records of 952 B.\n");
    assert_eq!(records.run("rm a --yes"), "[0]\nRemoved 'abd'.\n");
    assert!(records.run("rm a --yes").starts_with("[1]\n"));
    assert_eq!(records.files(), [] as [&str; 0]);
}

#[test]
fn clear_removes_the_records_of_a_kind() {
    let records = all_kinds();
    assert_eq!(
        records.run("clear"),
        "[1]\n! error: not confirmed, and there is no terminal to ask at\n!  hint: add `--yes`\n"
    );
    assert_eq!(records.run("clear --task clean --expired --yes"), "[0]\nRemoved 1 record, 499 B.\n");
    assert_eq!(records.run("clear --task clean -y"), "[0]\nRemoved 1 record, 547 B.\n");
    assert_eq!(records.run("clear --expired --yes"), "[0]\nNothing to remove.\n");
    assert_eq!(records.run("clear --older-than 5d --yes"), "[0]\nRemoved 2 records, 994 B.\n");
    assert_eq!(records.files(), [&hex(1), "my notes.txt", "plain-result"]);
    assert_eq!(
        records.run("clear --yes"),
        "[0]\nRemoved 1 record, 545 B.\n\
         Left 1 payload of 48.8 KiB that no record names: younger than an hour, they may be on their way into one.\n"
    );
    assert_eq!(records.files(), ["my notes.txt", "plain-result"]);
    assert!(records.run("clear --older-than 5").starts_with(
        "[2]\n! error: invalid value '5' for '--older-than <TIME>': expected a length of time, as in `7d`, `36h` or `90m`\n"
    ));
}

#[test]
fn clear_removes_old_payloads_that_no_record_names() {
    let records = Records::new()
        .write(Record { payload: vec![1; 20_000], ..record("kept") })
        .write(Record { payload: vec![2; 30_000], ..record("old") })
        .write(Record { payload: vec![3; 40_000], ..record("young") });
    for byte in [1, 2] {
        let digest = Digest::of(&vec![byte; 10_000 * (usize::from(byte) + 1)]).to_hex();
        set_age(&records.path(&format!(".keepwell/blobs/{}/{digest}", &digest[..2])), Duration::from_secs(3_700));
    }
    assert_eq!(records.run("rm old young --yes").lines().count(), 4);
    assert_eq!(
        records.run("clear --expired"),
        "[0]\nRemoved 0 records and 1 payload that no record named, 29.3 KiB.\n\
         Left 1 payload of 39.1 KiB that no record names: younger than an hour, they may be on their way into one.\n"
    );
    assert!(records.run("ls").contains("kept  -     20.0 KiB"), "{}", records.run("ls"));
}

#[test]
fn no_payload_is_removed_beside_a_record_that_cannot_be_read() {
    let records = Records::new().write(Record { payload: vec![1; 20_000], ..record("newer") });
    records.make_newer("newer");
    let digest = Digest::of(&[1; 20_000]).to_hex();
    let blob = format!(".keepwell/blobs/{}/{digest}", &digest[..2]);
    set_age(&records.path(&blob), Duration::from_secs(3_700));
    assert_eq!(
        records.run("clear --expired"),
        "[0]\nNothing to remove.\nLeft all payloads in ROOT/home/storage: 1 record cannot be read here, and may name any.\n"
    );
    assert!(records.path(&blob).exists());
}
