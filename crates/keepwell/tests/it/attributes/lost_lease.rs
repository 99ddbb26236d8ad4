//! Bodies whose lock is lost while they run: what they are refused, what is cancelled, and whose value counts.

use std::sync::{Arc, LazyLock};

use keepwell::prelude::*;
use keepwell_core::clock;
use keepwell_core::event::{Count, ProblemKind, counts};
use keepwell_core::lock::lease::{LeaseTerms, OnLeaseLost};
use keepwell_core::lock::{LockManager, StorageLockManager};
use keepwell_core::settings;
use keepwell_core::storage::{MemoryStorage, ResultStorage};
use parking_lot::Mutex;

use super::fixture::{Runs, block_on_in_folder, in_folder};

/// What two processes have: managers that know of each other by the storage alone.
struct Processes {
    one: StorageLockManager,
    other: StorageLockManager,
}

impl Processes {
    fn new() -> Self {
        let storage: Arc<dyn ResultStorage> = Arc::new(MemoryStorage::new());
        let terms = LeaseTerms::of(Duration::from_secs(1)).unwrap();
        let manager = || StorageLockManager::with_terms(Arc::clone(&storage), terms, Arc::clone(clock::of_process()));
        Self { one: manager(), other: manager() }
    }

    /// Takes away every lock. With `at_once`, the first process knows it already.
    fn break_locks(&self, at_once: bool) {
        let manager = if at_once { &self.one } else { &self.other };
        for (key, _) in manager.locks().unwrap() {
            assert!(manager.break_lock(&key).unwrap().is_some());
        }
    }
}

fn policy(locks: &StorageLockManager) -> CachePolicy {
    INPUTS.isolation_level(IsolationLevel::Serializable).lock_manager(Arc::new(locks.clone()))
}

fn counted(label: &str) -> u64 {
    counts().find_map(|(count, times)| (count.label() == label).then_some(times)).unwrap()
}

/// What a call from the other process's thread comes to, in the same folder.
fn elsewhere<R: Send + 'static>(call: impl FnOnce() -> R + Send + 'static) -> R {
    let settings = settings::current().unwrap();
    std::thread::spawn(move || settings::with(settings, call)).join().unwrap()
}

#[test]
fn a_body_that_lost_its_lock_is_refused_what_it_asks_for_and_is_committed_if_nobody_claims() {
    static LOCKS: LazyLock<Processes> = LazyLock::new(Processes::new);
    static REFUSED: Mutex<Vec<String>> = Mutex::new(Vec::new());
    #[task]
    fn nested() -> u32 {
        1
    }
    #[task(cache_policy = policy(&LOCKS.one))]
    fn body(number: u32) -> u32 {
        assert_eq!(nested(), 1);
        LOCKS.break_locks(true);
        REFUSED.lock().push(nested::bind().state().to_string());
        number
    }
    in_folder(|| {
        let lost = counted(Count::LeaseLost.label());
        assert_eq!(body::bind(1).state().to_string(), "Completed()");
        assert_eq!(body::bind(1).state().to_string(), "Cached(type=COMPLETED)");
        assert!(counted("lease_lost") > lost);
    });
    let refused = REFUSED.lock().join("\n");
    assert!(refused.starts_with("Failed(") && refused.contains("was lost while its holder was at work"), "{refused}");
}

#[test]
fn the_record_of_whoever_got_the_lock_next_is_adopted() {
    static LOCKS: LazyLock<Processes> = LazyLock::new(Processes::new);
    #[task(cache_policy = policy(&LOCKS.other))]
    fn theirs(number: u32) -> u32 {
        number + 100
    }
    #[task(cache_policy = policy(&LOCKS.one))]
    fn ours(number: u32) -> u32 {
        LOCKS.break_locks(false);
        assert_eq!(elsewhere(move || theirs(number)), number + 100);
        number
    }
    in_folder(|| {
        let adopted = counted("lease_adopted");
        let run = ours::bind(1).state();
        assert_eq!(run.to_string(), "Cached(type=COMPLETED)");
        assert_eq!(ours(1), 101);
        assert!(counted("lease_adopted") > adopted);
    });
}

#[test]
fn a_value_that_may_not_be_committed_is_the_callers_all_the_same() {
    static LOCKS: LazyLock<Processes> = LazyLock::new(Processes::new);
    #[task(cache_policy = policy(&LOCKS.other))]
    fn theirs(number: u32) -> Result<u32, String> {
        Err(format!("not {number}"))
    }
    #[task(cache_policy = policy(&LOCKS.one))]
    fn ours(number: u32) -> Result<u32, String> {
        LOCKS.break_locks(false);
        let _ = elsewhere(move || theirs(number));
        Ok(number)
    }
    in_folder(|| {
        let run = ours::bind(1).state();
        assert_eq!(run.to_string(), "Completed()");
        let problems: Vec<_> = run.details().problems.iter().map(|problem| problem.kind).collect();
        assert_eq!(problems, [ProblemKind::Commit]);
        assert_eq!(run.result().unwrap(), Ok(1));
    });
}

#[test]
fn an_async_body_is_cancelled_when_its_lock_is_lost() {
    static LOCKS: LazyLock<Processes> = LazyLock::new(Processes::new);
    static RUNS: Runs = Runs::new();
    #[task(cache_policy = policy(&LOCKS.one))]
    async fn waits(number: u32) -> u32 {
        LOCKS.break_locks(false);
        std::future::pending::<()>().await;
        RUNS.count();
        number
    }
    block_on_in_folder(async {
        let started = clock::of_process().monotonic();
        let run = waits::bind(1).state().await;
        let took = clock::of_process().monotonic() - started;
        assert!(run.to_string().contains("cancelled because its lock was lost"), "{run}");
        assert!(took < Duration::from_secs(2), "{took:?}");
    });
    assert_eq!(RUNS.total(), 0);
}

#[test]
fn an_async_body_goes_on_without_its_lock_where_that_is_wanted() {
    static LOCKS: LazyLock<Processes> = LazyLock::new(Processes::new);
    #[task(cache_policy = policy(&LOCKS.one).on_lease_lost(OnLeaseLost::Continue))]
    async fn goes_on(number: u32) -> u32 {
        LOCKS.break_locks(true);
        tokio::time::sleep(Duration::from_millis(20)).await;
        number
    }
    super::fixture::tokio_in_folder(async {
        assert_eq!(goes_on::bind(1).state().await.to_string(), "Completed()");
        assert_eq!(goes_on::bind(1).state().await.to_string(), "Cached(type=COMPLETED)");
    });
}
