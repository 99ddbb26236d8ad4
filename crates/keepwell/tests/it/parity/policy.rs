//! Policies from expressions such as `INPUTS - 'debug' + RUN_ID`.

use std::sync::Arc;

use keepwell::locking::{LockManager, MemoryLockManager};
use keepwell::policy::{BUILD, CachePolicy, DEFAULT, FLOW_PARAMETERS, INPUTS, NO_CACHE, NONE, RUN_ID, TASK_SOURCE};
use keepwell::transactions::IsolationLevel;

use super::scenario::Definition;
use super::world::World;

/// The policy that an expression means; `key` is what `KEY` stands for.
pub(super) fn policy(expression: &str, key: Option<&CachePolicy>) -> CachePolicy {
    let spaced = expression.replace('(', "( ").replace(')', " )");
    let mut words = spaced.split_whitespace();
    sum(&mut words, key)
}

/// The terms up to the end or to a closing bracket, from left to right.
fn sum(words: &mut dyn Iterator<Item = &str>, key: Option<&CachePolicy>) -> CachePolicy {
    let mut policy = term(words, key);
    while let Some(sign) = words.next() {
        policy = match sign {
            "+" => policy + term(words, key),
            "-" => policy - words.next().unwrap().trim_matches('\''),
            ")" => return policy,
            _ => panic!("neither `+` nor `-` nor `)`: {sign}"),
        };
    }
    policy
}

fn term(words: &mut dyn Iterator<Item = &str>, key: Option<&CachePolicy>) -> CachePolicy {
    match words.next().unwrap() {
        "(" => sum(words, key),
        name => named(name, key),
    }
}

fn named(name: &str, key: Option<&CachePolicy>) -> CachePolicy {
    match name {
        "INPUTS" => INPUTS,
        "TASK_SOURCE" => TASK_SOURCE,
        "FLOW_PARAMETERS" => FLOW_PARAMETERS,
        "RUN_ID" => RUN_ID,
        "BUILD" => BUILD,
        "DEFAULT" => DEFAULT,
        "NONE" => NONE,
        "NO_CACHE" => NO_CACHE,
        "KEY" => key.expect("`KEY` needs a `key`").clone(),
        other => panic!("there is no policy `{other}`"),
    }
}

/// The policy with where and how its records are kept.
pub(super) fn configured(mut policy: CachePolicy, definition: &Definition, world: &World) -> CachePolicy {
    if let Some(name) = &definition.key_storage {
        policy = policy.key_storage(world.folder(name));
    }
    if let Some(level) = &definition.isolation {
        policy = policy.isolation_level(isolation_level(level));
    }
    if let Some(name) = &definition.lock_manager {
        policy = policy.lock_manager(lock_manager(name));
    }
    policy
}

pub(super) fn isolation_level(name: &str) -> IsolationLevel {
    match name {
        "READ_COMMITTED" => IsolationLevel::ReadCommitted,
        "SERIALIZABLE" => IsolationLevel::Serializable,
        other => panic!("there is no isolation level `{other}`"),
    }
}

pub(super) fn lock_manager(name: &str) -> Arc<dyn LockManager> {
    assert_eq!(name, "memory", "the lock manager that scenarios have");
    Arc::new(MemoryLockManager::new())
}
