//! Rounds that mostly wait, many side by side.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::failure::{Checked, Failure};
use crate::watch;

/// Does the rounds in several lanes, each of which takes the next round that is left, and hands out what each lane comes to.
/// After a failure no further round is begun.
pub(super) fn lanes<T: Send>(
    lanes: u64,
    rounds: u64,
    lane: impl Fn(&mut dyn Iterator<Item = u64>) -> Checked<T> + Sync,
) -> Checked<Vec<T>> {
    let (next, outcomes) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..lanes.min(rounds) {
            scope.spawn(|| {
                let mut mine =
                    std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)).filter(|it| *it < rounds));
                let outcome = lane(&mut mine);
                watch::done();
                if outcome.is_err() {
                    next.store(rounds, Ordering::Relaxed);
                }
                outcomes.lock().expect("nobody panics with it").push(outcome);
            });
        }
    });
    let outcomes = outcomes.into_inner().expect("nobody panics with it");
    let missing = outcomes.is_empty() && rounds > 0;
    if missing { Err(Failure::new("no lane came to an end")) } else { outcomes.into_iter().collect() }
}
