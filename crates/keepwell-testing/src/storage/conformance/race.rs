//! Clauses about callers that race: conditions hold between any number of threads.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use keepwell_core::storage::{Durability, ObjectName, ResultStorage};

use super::sample::{head, object, put, read, unique, won};

const RACERS: usize = 16;
const ROUNDS: usize = 40;
const COUNTERS: u64 = 8;
const COUNTS: u64 = 25;

/// Of sixteen threads that create one object at once, one is told that it did, and its bytes are there.
pub fn one_of_many_racing_creators_wins<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    for round in 0..ROUNDS {
        let name = head(&format!("create {round}"));
        let winners = race(|bytes| won(storage.create(&name, bytes, Durability::None)));
        assert_one_winner(&storage, &name, &winners, round);
    }
}

/// Of sixteen threads that swap one version at once, one is told that it did, and its bytes are there.
pub fn one_of_many_racing_swappers_wins<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    let name = head("swap");
    put(&storage, &name, &unique("first"));
    for round in 0..ROUNDS {
        let version = object(&storage, &name).version();
        let winners = race(|bytes| won(storage.swap(&name, bytes, &version, Durability::None)));
        assert_one_winner(&storage, &name, &winners, round);
    }
}

/// Of sixteen threads that remove one object at once, one is told that it was there.
pub fn one_of_many_racing_removers_finds_the_object<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    let name = head("remove");
    for round in 0..ROUNDS {
        put(&storage, &name, &unique("doomed"));
        let winners = race(|_| storage.remove(&name, None).expect("absence is no failure"));
        assert_eq!(winners.len(), 1, "round {round}: so many found the one object");
        assert_eq!(read(&storage, &name), None, "round {round}");
    }
}

/// Threads that count up one number by reading and swapping it reach the sum of what they counted.
pub fn no_update_is_lost_between_racing_writers<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    let name = head("count");
    put(&storage, &name, &numbered(0));
    std::thread::scope(|scope| {
        for _ in 0..COUNTERS {
            scope.spawn(|| (0..COUNTS).for_each(|_| count_up(&storage, &name)));
        }
    });
    assert_eq!(number(&object(&storage, &name).bytes), COUNTERS * COUNTS);
}

/// While one thread replaces an object by ones of other lengths, others read one of them, whole, every time.
pub fn a_reader_sees_whole_writes_only<S: ResultStorage>(new_storage: impl Fn() -> S) {
    let storage = new_storage();
    let name = head("whole");
    let contents = [1_usize, 70_000, 9, 300_000].map(|length| Bytes::from(vec![length.to_le_bytes()[0]; length]));
    put(&storage, &name, &contents[0]);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..500 {
                    let found = read(&storage, &name).expect("the object is never absent");
                    assert!(contents.contains(&found), "{} bytes that nobody wrote", found.len());
                }
            });
        }
        for round in 0..200 {
            put(&storage, &name, &contents[round % contents.len()]);
        }
    });
}

/// Lets all racers attempt at once, each with bytes of its own, and returns the bytes of those that succeeded.
fn race(attempt: impl Fn(Bytes) -> bool + Sync) -> Vec<Bytes> {
    let start = Barrier::new(RACERS);
    let racer = || {
        let bytes = unique("racer");
        start.wait();
        attempt(bytes.clone()).then_some(bytes)
    };
    std::thread::scope(|scope| {
        let racers: Vec<_> = (0..RACERS).map(|_| scope.spawn(racer)).collect();
        racers.into_iter().filter_map(|racer| racer.join().expect("a racer does not panic")).collect()
    })
}

fn assert_one_winner(storage: &impl ResultStorage, name: &ObjectName, winners: &[Bytes], round: usize) {
    assert_eq!(winners.len(), 1, "round {round}: so many succeeded");
    assert_eq!(read(storage, name).as_ref(), winners.first(), "round {round}: the winner's bytes are not there");
}

fn count_up(storage: &impl ResultStorage, name: &ObjectName) {
    // Each refusal is another's success, and there are only so many of those.
    let counted = (0..COUNTERS * COUNTS).any(|_| {
        let current = object(storage, name);
        let next = numbered(number(&current.bytes) + 1);
        won(storage.swap(name, next, &current.version(), Durability::None))
    });
    assert!(counted, "every swap was refused though nobody else had swapped");
}

/// A number with a write id behind it, as every small object has one.
fn numbered(number: u64) -> Bytes {
    static WRITES: AtomicU64 = AtomicU64::new(0);
    let write = WRITES.fetch_add(1, Ordering::Relaxed);
    [number, write].into_iter().flat_map(u64::to_le_bytes).collect()
}

fn number(bytes: &Bytes) -> u64 {
    u64::from_le_bytes(*bytes.first_chunk().expect("a number is eight bytes"))
}
