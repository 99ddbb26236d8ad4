//! `keepwell cache verify`

use std::fs;

use keepwell_core::key::Digest;
use keepwell_core::record::SerializerName;

use super::records::*;

#[test]
fn verify_says_that_all_is_well() {
    let records = Records::new().write(record("a")).write(Record { payload: vec![1; 20_000], ..record("b") });
    fs::write(records.path("notes"), "somebody's").unwrap();
    assert_eq!(
        records.run("verify"),
        "[0]\nLooked at 2 whole records, 20.5 KiB in ROOT/home/storage, beside 1 other file.\nAll is well.\n"
    );
}

#[test]
fn verify_says_what_is_wrong_and_repairs_what_can_be() {
    let records = Records::new()
        .write(record("damaged"))
        .write(Record { payload: vec![1; 20_000], ..record("lost") })
        .write(record("newer"))
        .write(record("whole"));
    records.corrupt("damaged");
    records.make_newer("newer");
    let digest = Digest::of(&[1; 20_000]).to_hex();
    fs::remove_file(records.path(&format!(".keepwell/blobs/{}/{digest}", &digest[..2]))).unwrap();
    let newer = "unreadable: `newer`: the record has the newer format version 9 (upgrade keepwell here); left as it is: \
        somebody may be able to read it\n";
    let sorted = |transcript: &str| {
        let mut lines: Vec<_> = transcript.lines().map(|line| format!("{line}\n")).collect();
        lines[1..4].sort();
        lines.concat()
    };
    assert_eq!(
        sorted(&records.run("verify")),
        format!(
            "[5]\ncorrupt: `damaged`: the record's header is damaged; `--repair` would put it into quarantine\n\
             corrupt: `lost`: the record's payload: blob `{digest}` is missing; `--repair` would put it into quarantine\n\
             {newer}Looked at 1 whole record, 479 B in ROOT/home/storage.\n\
             3 problems: 2 corrupt, 1 unreadable.\n"
        )
    );
    assert_eq!(records.files(), ["damaged", "lost", "newer", "whole"], "nothing was moved");
    assert_eq!(
        sorted(&records.run("verify --repair")),
        format!(
            "[4]\ncorrupt: `damaged`: the record's header is damaged; put into quarantine\n\
             corrupt: `lost`: the record's payload: blob `{digest}` is missing; put into quarantine\n\
             {newer}Looked at 1 whole record, 479 B in ROOT/home/storage.\n\
             3 problems: 2 corrupt, 1 unreadable; 2 put right.\n"
        )
    );
    assert_eq!(records.files(), ["newer", "whole"]);
    assert!(records.run("verify").starts_with(&format!("[4]\n{newer}")));
}

#[test]
fn verify_knows_whose_signatures_count() {
    let records = Records::new().write(Record { serializer: SerializerName::PICKLE, ..record("a") });
    assert!(records.run("verify").starts_with("[0]\n"));
    fs::remove_file(records.fixture.path("home/signing.key")).unwrap();
    let transcript = records.run("verify --repair");
    assert!(transcript.starts_with("[2]\nuntrusted: `a`: the record is not trusted: "), "{transcript}");
    assert_eq!(records.files(), ["a"]);
}

#[test]
fn verify_prints_json() {
    let records = Records::new().write(record("a"));
    records.corrupt("a");
    let expected = serde_json::json!({
        "storage": "ROOT/home/storage", "records": 0, "others": 0, "blobs": 0, "bytes": 0, "claims": 0,
        "recent_transactions": 0, "old_decisions": 0, "removed_decisions": 0,
        "unnamed_blobs": 0, "removed_blobs": 0, "exit_code": 1,
        "problems": [{
            "subject": "`a`", "kind": "corrupt", "what": "the record's header is damaged",
            "repair": "possible", "detail": "put it into quarantine",
        }],
    });
    assert_eq!(records.run("verify --json"), format!("[1]\n{expected:#}\n"));
}

#[test]
fn a_folder_that_cannot_be_read_is_unreadable() {
    let records = Records::new().write(record("a"));
    fs::write(records.path(".keepwell/store.json"), "{}").unwrap();
    assert!(records.run("verify").starts_with("[4]\n! error: "));
    assert!(records.run("verify --storage nowhere").starts_with("[4]\n! error: there is no folder `nowhere`\n"));
}
