//! The lock manager of one machine: the contract, other processes, their deaths, and forks.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use keepwell_core::id::Holder;
use keepwell_core::lock::{FileSystemLockManager, LockManager};
use keepwell_testing::lock::{Contention, broken_clauses, contend};
use rustix::fs::FlockOperation;

use crate::transaction_fixture::key;

const NOW: Option<Duration> = Some(Duration::ZERO);

fn manager() -> (tempfile::TempDir, FileSystemLockManager) {
    let folder = tempfile::tempdir().unwrap();
    let manager = FileSystemLockManager::new(folder.path().join("locks"));
    (folder, manager)
}

#[test]
fn the_file_system_lock_manager_keeps_the_contract_and_leaves_no_file_behind() {
    let (_folder, locks) = manager();
    assert_eq!(broken_clauses(&locks), Vec::<&str>::new());
    let left: Vec<_> = fs::read_dir(locks.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, [".shards"]);
}

#[test]
fn nothing_is_made_before_a_lock_is_taken() {
    let (folder, locks) = manager();
    assert!(!locks.is_locked(&key("A")).unwrap());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn sixteen_threads_have_the_lock_a_hundred_times_each_and_never_two_at_once() {
    let (_folder, locks) = manager();
    let contention = contend(&locks, &key("A"), 16, 100, Duration::from_secs(60)).unwrap();
    assert_eq!(contention, Contention { granted: 16 * 100, overlaps: 0 });
}

#[test]
fn two_managers_of_one_folder_share_its_locks() {
    let (_folder, locks) = manager();
    let other = FileSystemLockManager::new(locks.path());
    assert!(locks.acquire_lock(&key("A"), &Holder::new("one"), NOW, None).unwrap());
    assert!(!other.acquire_lock(&key("A"), &Holder::new("two"), NOW, None).unwrap());
    assert!(other.acquire_lock(&key("A"), &Holder::new("one"), NOW, None).unwrap());
    assert_eq!(locks.name(), other.name());
    other.release_lock(&key("A"), &Holder::new("one")).unwrap();
    assert!(!locks.is_locked(&key("A")).unwrap());
}

/// What another process does: it locks the file without this process's table knowing.
fn lock_from_outside(locks: &FileSystemLockManager, note: &str) -> fs::File {
    fs::create_dir_all(locks.path()).unwrap();
    let path = locks.path().join("A.lock");
    fs::write(&path, note).unwrap();
    let file = fs::File::open(path).unwrap();
    rustix::fs::flock(&file, FlockOperation::LockExclusive).unwrap();
    file
}

#[test]
fn another_process_keeps_the_lock_until_it_ends_and_is_named_meanwhile() {
    let (_folder, locks) = manager();
    let process = lock_from_outside(&locks, "process 7\nhost elsewhere\nsince 0\nholder them");
    let holder = locks.holder_of(&key("A")).unwrap().unwrap();
    assert_eq!((holder.holder.as_str(), holder.process, holder.host.as_deref()), ("them", 7, Some("elsewhere")));
    assert!(!locks.acquire_lock(&key("A"), &Holder::new("them"), NOW, None).unwrap());
    assert!(!locks.wait_for_lock(&key("A"), Some(Duration::from_millis(30))).unwrap());
    std::thread::scope(|scope| {
        let wait =
            scope.spawn(|| locks.acquire_lock(&key("A"), &Holder::new("us"), Some(Duration::from_secs(10)), None));
        locks.clock().sleep(Duration::from_millis(50));
        // The kernel closes a dead process's files; its lock file stays.
        drop(process);
        assert!(wait.join().unwrap().unwrap());
    });
    assert!(locks.is_lock_holder(&key("A"), &Holder::new("us")).unwrap());
}

#[test]
fn a_lock_file_that_a_dead_process_left_blocks_nobody() {
    let (_folder, locks) = manager();
    drop(lock_from_outside(&locks, "process 7\nholder them"));
    assert!(!locks.is_locked(&key("A")).unwrap());
    assert!(locks.acquire_lock(&key("A"), &Holder::new("us"), NOW, None).unwrap());
}

#[test]
fn a_look_never_makes_a_free_lock_seem_held() {
    let (_folder, locks) = manager();
    let times = 300;
    let looking = AtomicBool::new(true);
    std::thread::scope(|scope| {
        let look = || {
            while looking.load(Ordering::Relaxed) {
                locks.holder_of(&key("A")).unwrap();
            }
        };
        (0..3).for_each(|_| drop(scope.spawn(look)));
        let granted = (0..times).filter(|_| {
            // As a dead process leaves it.
            drop(lock_from_outside(&locks, "left behind"));
            locks.clock().sleep(Duration::from_micros(100));
            let granted = locks.acquire_lock(&key("A"), &Holder::new("us"), NOW, None).unwrap();
            locks.release_lock(&key("A"), &Holder::new("us")).is_ok() && granted
        });
        assert_eq!(granted.count(), times);
        looking.store(false, Ordering::Relaxed);
    });
}

#[test]
fn a_folder_that_is_removed_is_made_anew() {
    let (_folder, locks) = manager();
    assert!(locks.acquire_lock(&key("A"), &Holder::new("us"), NOW, None).unwrap());
    locks.release_lock(&key("A"), &Holder::new("us")).unwrap();
    fs::remove_dir_all(locks.path()).unwrap();
    assert!(locks.acquire_lock(&key("A"), &Holder::new("us"), NOW, None).unwrap());
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_that_names_the_file() {
    let (folder, _) = manager();
    fs::write(folder.path().join("file"), "").unwrap();
    let locks = FileSystemLockManager::new(folder.path().join("file/locks"));
    let error = locks.acquire_lock(&key("A"), &Holder::new("us"), NOW, None).unwrap_err();
    assert_eq!(error.kind(), keepwell_core::ErrorKind::Storage);
    assert_eq!(error.to_string(), format!("cannot take the lock file `{}/file/locks/A.lock`", folder.path().display()));
}

#[test]
fn a_file_that_others_have_taken_in_the_place_of_a_removed_one_is_left_to_them() {
    let (_folder, locks) = manager();
    assert!(locks.acquire_lock(&key("A"), &Holder::new("us"), NOW, None).unwrap());
    fs::remove_file(locks.path().join("A.lock")).unwrap();
    let _process = lock_from_outside(&locks, "process 7\nholder them");
    locks.release_lock(&key("A"), &Holder::new("us")).unwrap();
    assert_eq!(locks.holder_of(&key("A")).unwrap().map(|lock| lock.holder), Some(Holder::new("them")));
}

#[test]
fn every_lock_of_the_folder_is_listed_also_where_the_file_name_does_not_show_its_key() {
    let (_folder, locks) = manager();
    assert_eq!(locks.locks().unwrap(), []);
    let long = "a\nb".repeat(4_000);
    let texts = ["A", "a/b", "report.v1", &long];
    for text in texts {
        assert!(locks.acquire_lock(&key(text), &Holder::new(text), NOW, None).unwrap());
    }
    fs::write(locks.path().join("free.lock"), "left behind").unwrap();
    let mut listed: Vec<_> = locks.locks().unwrap().into_iter().map(|(key, by)| (key, by.holder, by.process)).collect();
    listed.sort_by_key(|(key, ..)| texts.iter().position(|text| *text == key.as_str()));
    assert_eq!(listed, texts.map(|text| (key(text), Holder::new(text), std::process::id())));
}

#[test]
fn a_lock_of_this_process_is_broken_and_one_of_another_is_not() {
    let (_folder, locks) = manager();
    assert_eq!(locks.break_lock(&key("A")).unwrap(), None);
    assert!(locks.acquire_lock(&key("A"), &Holder::new("us"), NOW, None).unwrap());
    assert_eq!(locks.break_lock(&key("A")).unwrap().map(|by| by.holder), Some(Holder::new("us")));
    let lost = locks.release_lock(&key("A"), &Holder::new("us")).unwrap_err();
    assert_eq!(lost.kind(), keepwell_core::ErrorKind::LeaseLost);

    let _process = lock_from_outside(&locks, "process 7\nhost elsewhere\nsince 0\nholder them");
    let error = locks.break_lock(&key("A")).unwrap_err();
    assert_eq!(error.kind(), keepwell_core::ErrorKind::Unsupported);
    assert!(error.to_string().contains("it is held by `them` (process 7 on elsewhere, for "), "{error}");
    assert_eq!(error.hint(), Some("stop process 7, and the lock is free at once"));
    assert!(locks.is_lock_holder(&key("A"), &Holder::new("them")).unwrap());
}
