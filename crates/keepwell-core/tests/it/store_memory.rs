//! The memory layer: how much it keeps, what it keeps, and that it never serves what is no longer so.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use keepwell_core::clock::{Clock, SystemClock};
use keepwell_core::event::HitSource::{Memory, Storage};
use keepwell_core::record::Namespace;
use keepwell_core::storage::ResultStorage;
use keepwell_core::store::{MemoryLayer, MissReason, ResultStore, StoreOptions};

use crate::store_fixture::*;

/// A store in a folder with a memory layer of this many bytes.
fn with_limit(path: &std::path::Path, limit: u64) -> (Arc<ResultStore>, Arc<MemoryLayer>) {
    let memory = Arc::new(MemoryLayer::new(limit));
    let options = StoreOptions { memory: Some(Arc::clone(&memory)), ..options(folder(path)) };
    (Arc::new(ResultStore::new(options)), memory)
}

#[test]
fn a_repeated_hit_comes_from_memory() {
    let outer = tempfile::tempdir().unwrap();
    let store = remembering(folder(outer.path()), later());
    for (name, payload) in [("inline", Bytes::from_static(b"x")), ("blob", large(1))] {
        put(&store, name, payload.clone());
        assert_eq!([source(&store, name), source(&store, name)], [Some(Storage), Some(Memory)]);
        assert_eq!(read(&store, name), Some(payload));
    }
}

#[test]
fn it_holds_no_more_than_its_limit() {
    const LIMIT: u64 = 1 << 20;
    let outer = tempfile::tempdir().unwrap();
    let (store, memory) = with_limit(outer.path(), LIMIT);
    for number in 0..10 * LIMIT as usize / LARGE {
        let name = number.to_string();
        put(&store, &name, large(1));
        read(&store, &name);
        assert!(memory.size() <= LIMIT, "{} bytes", memory.size());
    }
    assert!(memory.size() > LIMIT / 2, "{} bytes", memory.size());
}

#[test]
fn with_a_limit_of_zero_it_keeps_nothing() {
    let outer = tempfile::tempdir().unwrap();
    let (store, memory) = with_limit(outer.path(), 0);
    put(&store, "a", "1");
    assert_eq!([source(&store, "a"), source(&store, "a")], [Some(Storage), Some(Storage)]);
    assert_eq!(memory.size(), 0);
}

#[test]
fn what_is_used_again_survives_a_long_scan() {
    let outer = tempfile::tempdir().unwrap();
    let (store, _) = with_limit(outer.path(), 1 << 20);
    let working_set: Vec<String> = (0..50).map(|number| format!("work-{number}")).collect();
    for name in &working_set {
        put(&store, name, vec![1; 4_000]);
    }
    for _ in 0..4 {
        working_set.iter().for_each(|name| drop(read(&store, name)));
    }
    for number in 0..2_000 {
        let name = format!("scan-{number}");
        put(&store, &name, vec![2; 4_000]);
        read(&store, &name);
    }
    let kept = working_set.iter().filter(|name| source(&store, name) == Some(Memory)).count();
    assert!(kept > 40, "{kept} of 50");
}

#[test]
fn what_others_do_is_seen_by_the_very_next_look_up() {
    let outer = tempfile::tempdir().unwrap();
    let ours = remembering(folder(outer.path()), later());
    let others = store(folder(outer.path()));
    put(&ours, "a", "1");
    assert_eq!([source(&ours, "a"), source(&ours, "a")], [Some(Storage), Some(Memory)]);
    put(&others, "a", "2");
    assert_eq!(read(&ours, "a"), Some(Bytes::from_static(b"2")));
    assert_eq!(source(&ours, "a"), Some(Memory));
    others.result_storage().remove(&head("a"), None).unwrap();
    assert_eq!(miss(&ours, "a"), MissReason::Absent);
    put(&others, "a", "3");
    assert_eq!(read(&ours, "a"), Some(Bytes::from_static(b"3")));
    fs::remove_dir_all(outer.path()).unwrap();
    assert_eq!(miss(&ours, "a"), MissReason::Absent);
}

#[test]
fn an_edited_plain_result_is_seen_by_the_very_next_look_up() {
    let outer = tempfile::tempdir().unwrap();
    let results = outer.path().join("results");
    let memory = Some(Arc::new(MemoryLayer::new(1 << 20)));
    let key_storage: Option<Arc<dyn ResultStorage>> = Some(folder(&outer.path().join("keys")));
    let store = Arc::new(ResultStore::new(StoreOptions { memory, key_storage, ..options(folder(&results)) }));
    put(&store, "a", "1");
    assert_eq!([source(&store, "a"), source(&store, "a")], [Some(Storage), Some(Memory)]);
    fs::write(results.join("a"), "2").unwrap();
    assert!(matches!(miss(&store, "a"), MissReason::ResultMissing(_)));
}

/// Many writes of one size within one tick of the file system's clock, each of which may reuse an earlier one's inode.
#[test]
fn a_write_within_the_same_tick_of_the_clock_is_seen() {
    let outer = tempfile::tempdir().unwrap();
    let ours = remembering(folder(outer.path()), Arc::new(SystemClock::new()));
    let others = store(folder(outer.path()));
    for round in 0..2_000_u32 {
        put(&others, "a", round.to_le_bytes().to_vec());
        assert_eq!(read(&ours, "a").unwrap(), &round.to_le_bytes()[..], "round {round}");
    }
    SystemClock::new().sleep(Duration::from_millis(50));
    assert_eq!([source(&ours, "a"), source(&ours, "a")], [Some(Storage), Some(Memory)]);
}

#[test]
fn a_remembered_record_expires_and_is_of_its_namespace_alone() {
    let outer = tempfile::tempdir().unwrap();
    let clock = later();
    let ours = remembering(folder(outer.path()), clock.clone());
    put_for(&ours, "a", "1", Duration::from_secs(1));
    assert_eq!([source(&ours, "a"), source(&ours, "a")], [Some(Storage), Some(Memory)]);
    let namespace = Namespace::named("other");
    let other = ResultStore::new(StoreOptions { namespace, ..ours.options().clone() });
    assert!(matches!(miss(&other, "a"), MissReason::Unusable(_)));
    clock.advance(Duration::from_secs(1));
    assert_eq!(miss(&ours, "a"), MissReason::Expired { at: clock.now() });
}

#[cfg(target_os = "linux")]
#[test]
fn many_remembered_hits_leave_the_resident_size_flat() {
    let outer = tempfile::tempdir().unwrap();
    let store = remembering(folder(outer.path()), later());
    put(&store, "a", vec![1; 1_000]);
    let grown_by = |hits: u32| {
        let before = resident_pages();
        (0..hits).for_each(|_| drop(read(&store, "a").unwrap()));
        resident_pages().saturating_sub(before)
    };
    grown_by(10_000);
    // Other tests of this process come and go; what leaks grows in every round: 16 bytes a hit by 80 pages.
    let least = (0..10).map(|_| grown_by(20_000)).min().unwrap();
    assert!(least < 40, "{least} pages");
}

#[cfg(target_os = "linux")]
fn resident_pages() -> u64 {
    let statistics = fs::read_to_string("/proc/self/statm").unwrap();
    statistics.split_whitespace().nth(1).unwrap().parse().unwrap()
}
