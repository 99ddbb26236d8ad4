//! Locks in Redis: of two processes that call a task with the same key, on whichever machines, one does the work and the
//! other uses its result. Started with the address of the server: `redis://localhost:6379/0`.

use std::sync::Arc;
use std::thread::sleep;

use keepwell::locking::RedisLockManager;
use keepwell::prelude::*;

/// Inputs, one run at a time wherever it is.
fn policy() -> CachePolicy {
    let url = std::env::args().nth(1).expect("usage: one_run_on_all_machines <url of the Redis server>");
    let locks = RedisLockManager::at(&url).expect("the address is that of a Redis server");
    INPUTS.isolation_level(IsolationLevel::Serializable).lock_manager(Arc::new(locks))
}

#[task(cache_policy = policy())]
fn my_cached_task(x: i64) -> i64 {
    println!("running");
    sleep(Duration::from_millis(1500));
    x + 42
}

fn main() {
    keepwell::logging::init();
    println!("{}", my_cached_task(1));
}
