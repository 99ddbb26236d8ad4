//! Many threads after one lock, and a witness that sees whether two ever had it at once.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use keepwell_core::Error;
use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::LockManager;

/// What came of threads contending for one lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contention {
    /// How often the lock was granted.
    pub granted: usize,
    /// How often it was granted while somebody had it.
    pub overlaps: usize,
}

/// Lets `threads` threads take and release the lock for `key` `times` times each. Each waits up to `deadline` for its
/// turn, and gives up for good if it is not granted: a lost wake-up shows as missing grants.
///
/// # Errors
/// The first error of the lock manager; threads that have the lock then may keep it.
pub fn contend(
    manager: &dyn LockManager,
    key: &CacheKey,
    threads: usize,
    times: usize,
    deadline: Duration,
) -> Result<Contention, Error> {
    let witness = Witness::default();
    thread::scope(|scope| {
        let holders = (0..threads).map(|number| Holder::new(format!("thread {number}")));
        let turns = |holder: Holder| {
            let witness = &witness;
            scope.spawn(move || witness.turns(manager, key, &holder, times, deadline))
        };
        let threads: Vec<_> = holders.map(turns).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("a turn does not panic"))
    })?;
    Ok(Contention { granted: witness.granted.into_inner(), overlaps: witness.overlaps.into_inner() })
}

#[derive(Debug, Default)]
struct Witness {
    held: AtomicBool,
    granted: AtomicUsize,
    overlaps: AtomicUsize,
}

impl Witness {
    fn turns(
        &self,
        manager: &dyn LockManager,
        key: &CacheKey,
        holder: &Holder,
        times: usize,
        deadline: Duration,
    ) -> Result<(), Error> {
        for _ in 0..times {
            if !manager.acquire_lock(key, holder, Some(deadline), None)? {
                break;
            }
            self.see();
            manager.release_lock(key, holder)?;
        }
        Ok(())
    }

    fn see(&self) {
        let number = self.granted.fetch_add(1, Ordering::SeqCst);
        if self.held.swap(true, Ordering::SeqCst) {
            self.overlaps.fetch_add(1, Ordering::SeqCst);
        }
        if number.is_multiple_of(16) {
            thread::yield_now();
        }
        self.held.store(false, Ordering::SeqCst);
    }
}
