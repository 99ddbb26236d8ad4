//! `keepwell cache ls`

use std::fs;

use keepwell_core::record::Expiration;

use super::records::*;
use crate::fixture::Fixture;

#[test]
fn ls_shows_the_newest_first_and_hides_nothing() {
    let records = all_kinds();
    assert_eq!(
        records.run("ls"),
        "[0]\n\
         KEY                TASK       SIZE  CREATED  EXPIRES  SERIALIZER  NOTE\n\
         48fc721fbbc172e0…  load   49.4 KiB  1d ago   never    cbor\n\
         ab13bedf42e84bae…  clean     547 B  2d ago   in 1h    cbor\n\
         static cache key   clean     499 B  3d ago   1d ago   cbor        expired\n\
         damaged            -         481 B  5d ago   -        -           damaged\n\
         newer              -         513 B  6d ago   -        -           newer version\n\
         plain-result       -          10 B  7d ago   -        -           not a record\n\
         \n\
         5 records, 51.4 KiB in ROOT/home/storage, beside 2 other files.\n"
    );
    assert_eq!(records.files().len(), 7, "nothing was moved");
}

#[test]
fn ls_shows_whole_keys_and_exact_times_where_asked() {
    let expiration = Expiration::At(NEW_YEAR.after(DAY));
    let records = Records::new()
        .write(Record { created: NEW_YEAR, expiration, ..record(&hex(1)) })
        .write(Record { created: NEW_YEAR, ..record("b\u{1b}[31m") });
    assert_eq!(
        records.run("ls --long"),
        "[0]\n\
         KEY                                                               TASK   SIZE  CREATED               EXPIRES               SERIALIZER  NOTE\n\
         48fc721fbbc172e0925fa27af1671de225ba927134802998b10a1568a188652b  -     538 B  2026-01-01T00:00:00Z  2026-01-02T00:00:00Z  cbor        expired\n\
         b\\u{1b}[31m                                                       -     480 B  2026-01-01T00:00:00Z  never                 cbor\n\
         \n\
         2 records, 1018 B in ROOT/home/storage.\n"
    );
}

#[test]
fn ls_prints_json() {
    let records = Records::new().write(Record { task: Some("load"), created: NEW_YEAR, ..record("a") });
    let expected = r#"[0]
{
  "other_files": 0,
  "records": [
    {
      "condition": "whole",
      "created": "2026-01-01T00:00:00Z",
      "expires": null,
      "key": "a",
      "serializer": "cbor",
      "size": 483,
      "task": "load"
    }
  ],
  "size": 483,
  "storage": "ROOT/home/storage"
}
"#;
    assert_eq!(records.run("ls --output json"), expected);
}

#[test]
fn an_empty_or_absent_folder_has_no_records_and_is_not_made() {
    let records = Records::new();
    assert_eq!(records.run("ls"), "[0]\nNo records in ROOT/home/storage.\n");
    assert_eq!(records.run("clear"), "[0]\nNothing to remove.\n");
    assert!(!records.path("").exists());
    assert_eq!(records.run("ls --storage gone"), "[1]\n! error: there is no folder `gone`\n");
    let notes = records.fixture.path("work/notes");
    fs::write(&notes, "mine").unwrap();
    set_age(&notes, 2 * DAY);
    assert_eq!(
        records.run("ls --storage ."),
        "[0]\n\
         KEY    TASK  SIZE  CREATED  EXPIRES  SERIALIZER  NOTE\n\
         notes  -      4 B  2d ago   -        -           not a record\n\
         \n\
         No records in ROOT/work, beside 1 other file.\n"
    );
    assert_eq!(records.run("clear --yes --storage ."), "[0]\nNothing to remove.\n");
    assert_eq!(fs::read_dir(records.fixture.path("work")).unwrap().count(), 1, "nothing is made there");
}

#[test]
fn the_storage_of_the_settings_is_looked_at() {
    let records = Records::new().write(record("a"));
    let path = records.fixture.path("home/storage").display().to_string();
    let elsewhere = Fixture::new().variable("KEEPWELL_RESULTS_DEFAULT_STORAGE", &path);
    assert!(
        elsewhere.run("cache ls").ends_with(&format!("\n1 record, 475 B in {path}.\n")),
        "{}",
        elsewhere.run("cache ls")
    );
    let remote = Fixture::new().variable("KEEPWELL_RESULTS_DEFAULT_STORAGE", "s3://bucket");
    assert_eq!(
        remote.run("cache ls"),
        "[1]\n! error: the default storage s3://bucket is not a folder\n!  hint: name a folder with `--storage PATH`\n"
    );
}

#[test]
fn a_blob_that_two_records_share_is_counted_once() {
    let records = Records::new()
        .write(Record { payload: vec![1; 102_400], ..record("a") })
        .write(Record { payload: vec![1; 102_400], ..record("b") });
    assert!(records.run("ls").ends_with("\n2 records, 100.9 KiB in ROOT/home/storage.\n"), "{}", records.run("ls"));
}
