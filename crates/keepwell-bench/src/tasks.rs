//! The tasks that are measured.

use std::sync::Arc;

use keepwell::prelude::*;

/// A small value under a small input.
#[task(cache_policy = INPUTS)]
pub fn greeting(name: String) -> String {
    format!("hello {name}")
}

/// The same, one run at a time.
#[task(cache_policy = INPUTS.isolation_level(IsolationLevel::Serializable).lock_manager(Arc::new(MemoryLockManager::new())))]
pub fn serializable_greeting(name: String) -> String {
    format!("hello {name}")
}

/// A result of 1 KB.
#[task(cache_policy = INPUTS)]
pub fn kilobyte(seed: u64) -> Vec<u8> {
    (0..1_000_u64).map(|index| (seed.wrapping_mul(31) + index) as u8).collect()
}

/// A task that is never cached.
#[task(cache_policy = NO_CACHE)]
pub fn uncached(number: u64) -> u64 {
    number + 1
}
