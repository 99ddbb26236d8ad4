//! Locks in a folder, which end with their process.

use std::time::Duration;

use keepwell_core::id::Holder;
use keepwell_core::key::{CacheKey, Digest};
use keepwell_core::lock::{FileSystemLockManager, LockManager};

use crate::fixture::Fixture;

/// A home, and the lock manager of this process in a folder of it.
fn fixture() -> (Fixture, FileSystemLockManager) {
    let fixture = Fixture::new();
    let manager = FileSystemLockManager::new(fixture.path("locks"));
    (fixture, manager)
}

fn key(text: &str) -> CacheKey {
    CacheKey::new(text).unwrap()
}

fn hold(manager: &FileSystemLockManager, text: &str, holder: &str) {
    assert!(manager.acquire_lock(&key(text), &Holder::new(holder), Some(Duration::ZERO), None).unwrap());
}

/// The words of each line.
fn words(transcript: &str) -> Vec<Vec<&str>> {
    transcript.lines().map(|line| line.split_whitespace().collect()).collect()
}

#[test]
fn ls_says_who_holds_what_and_for_how_long() {
    let (fixture, manager) = fixture();
    let computed = Digest::of(b"x").to_hex();
    hold(&manager, "report", "one");
    hold(&manager, &computed, "another");
    let process = std::process::id().to_string();
    let host = rustix::system::uname().nodename().to_str().unwrap().to_owned();
    let transcript = fixture.run(&format!("locks ls --locks {}", fixture.path("locks").display()));
    let lines = words(&transcript);
    assert_eq!(lines[1], ["KEY", "HOLDER", "HOST", "PROCESS", "HELD", "LEASE", "WAITING"]);
    let mut rows = lines[2..4].to_vec();
    rows.sort();
    let cut = format!("{}…", &computed[..16]);
    assert_eq!(rows[0], [&cut, "another", &host, &process, "0s", "-", "-"]);
    assert_eq!(rows[1], ["report", "one", &host, &process, "0s", "-", "-"]);
    assert!(transcript.ends_with("\n\n2 locks held: files in ROOT/locks.\n"), "{transcript}");
    let long = fixture.run(&format!("locks ls --long --locks {}", fixture.path("locks").display()));
    assert!(long.contains(&computed), "{long}");
}

#[test]
fn ls_prints_json() {
    let (fixture, manager) = fixture();
    hold(&manager, "a/b", "one");
    let transcript = fixture.run(&format!("locks ls --json --locks {}", fixture.path("locks").display()));
    let mut list: serde_json::Value = serde_json::from_str(transcript.strip_prefix("[0]\n").unwrap()).unwrap();
    assert!(list[0]["held_seconds"].take().as_f64().unwrap() < 60.0);
    let host = rustix::system::uname().nodename().to_str().unwrap().to_owned();
    let expected = serde_json::json!([{
        "key": "a/b", "holder": "one", "host": host, "process": std::process::id(),
        "held_seconds": null, "lease_seconds": null, "waiting": null,
    }]);
    assert_eq!(list, expected);
}

#[test]
fn where_nothing_is_locked_there_is_nothing_to_list() {
    let (fixture, manager) = fixture();
    let arguments = format!("locks ls --locks {}", fixture.path("locks").display());
    assert_eq!(fixture.run(&arguments), "[0]\nNo locks are held: files in ROOT/locks.\n");
    hold(&manager, "a", "one");
    manager.release_lock(&key("a"), &Holder::new("one")).unwrap();
    assert_eq!(fixture.run(&arguments), "[0]\nNo locks are held: files in ROOT/locks.\n");
    std::fs::write(fixture.path("locks/b.lock"), "process 1\nholder of a process that died").unwrap();
    assert_eq!(fixture.run(&arguments), "[0]\nNo locks are held: files in ROOT/locks.\n");
}

#[test]
fn the_lock_of_a_living_process_is_not_taken_away() {
    let (fixture, manager) = fixture();
    hold(&manager, "report", "one");
    let arguments = format!("locks break rep --locks {}", fixture.path("locks").display());
    assert_eq!(
        fixture.run(&arguments),
        "[1]\n! error: not confirmed, and there is no terminal to ask at\n!  hint: add `--yes`\n"
    );
    let transcript = fixture.run(&format!("{arguments} --yes"));
    let process = std::process::id();
    assert!(
        transcript.starts_with("[1]\n! error: the lock for key `report` cannot be broken while its holder lives: ")
    );
    assert!(transcript.ends_with(&format!("!  hint: stop process {process}, and the lock is free at once\n")));
    assert!(manager.is_lock_holder(&key("report"), &Holder::new("one")).unwrap(), "it is not taken");
    assert!(fixture.path("locks/report.lock").exists());
}

#[test]
fn a_lock_to_be_broken_must_be_held_and_named() {
    let (fixture, manager) = fixture();
    hold(&manager, "ab", "one");
    hold(&manager, "ac", "one");
    let locks = fixture.path("locks");
    let broken = |key: &str| fixture.run(&format!("locks break {key} --yes --locks {}", locks.display()));
    assert_eq!(
        broken("x"),
        "[1]\n! error: no key begins with 'x'\n!  hint: `keepwell locks ls` lists the locks that are held\n"
    );
    assert_eq!(broken("a"), "[1]\n! error: 'a' is the beginning of 2 keys\n!  hint: write more of it: 'ab', 'ac'\n");
}
