//! The acts that are struck at every system call.

use keepwell_core::storage::Durability;

use super::case::{Act, Case, Died, Leftover};
use crate::content::Tag;
use crate::history::{Change, Item, KEYS, Operation};

/// Too large for a head.
const BLOB: usize = 30_000;
/// Of these keys every other is new.
const EIGHT: [usize; 8] = [0, 1, 2, 3, 4, 5, 6, KEYS - 1];

/// All of them.
pub(crate) static CASES: &[Case] = &[
    plain("new-store", nothing, Act::Perform(|| write(2, &[0], 100))),
    plain("create", others, Act::Perform(|| write(2, &[1], 100))),
    plain("overwrite", others, Act::Perform(|| write(2, &[0], 100))),
    plain("blob", others, Act::Perform(|| write(2, &[0], BLOB))),
    plain("long-key", others, Act::Perform(|| write(2, &[KEYS - 1], 100))),
    plain("remove", others, Act::Perform(|| remove(2, 0))),
    plain("remove-long-key", with_long_key, Act::Perform(|| remove(2, KEYS - 1))),
    plain("quarantine", others, Act::LookUpDamaged),
    plain("commit-of-2", others, Act::Perform(|| write(2, &[0, 1], 100))),
    plain("commit-of-8", others, Act::Perform(|| write(2, &EIGHT, BLOB))),
    after("look-up-undecided", Died::BeforeItCounted, Act::LookUp),
    after("look-up-committed", Died::WhenItCounted, Act::LookUp),
    after("write-undecided", Died::BeforeItCounted, Act::Perform(|| write(3, &[1], 100))),
    after("write-committed", Died::WhenItCounted, Act::Perform(|| write(3, &[1], 100))),
    after("commit-undecided", Died::BeforeItCounted, Act::Perform(|| write(3, &[1, 2], 100))),
    after("commit-committed", Died::WhenItCounted, Act::Perform(|| write(3, &[1, 2], 100))),
    after("remove-undecided", Died::BeforeItCounted, Act::Perform(|| remove(3, 0))),
    after("remove-committed", Died::WhenItCounted, Act::Perform(|| remove(3, 0))),
];

/// Transactions whose flushes are counted: of small records, and of records too large for a head.
pub(crate) static BARRIERS: &[Case] = &[
    plain("ten small:", others, Act::Perform(|| write(2, &TEN, 100))),
    plain("ten large:", others, Act::Perform(|| write(2, &TEN, BLOB))),
];
const TEN: [usize; 10] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

const fn plain(name: &'static str, before: fn() -> Vec<Operation>, act: Act) -> Case {
    Case { name, before, leftover: None, act }
}

/// After the death of a writer of records 0 and 1, of which 0 was there before.
const fn after(name: &'static str, died: Died, act: Act) -> Case {
    let leftover = Leftover { operation: || write(2, &[0, 1], 100), died };
    Case { name, before: others, leftover: Some(leftover), act }
}

fn nothing() -> Vec<Operation> {
    Vec::new()
}

/// Records 0, 2, 4 and 6.
fn others() -> Vec<Operation> {
    vec![write(1, &[0], 50), write(1, &[2], 50), write(1, &[4], 50), write(1, &[6], BLOB)]
}

fn with_long_key() -> Vec<Operation> {
    [others(), vec![write(1, &[KEYS - 1], 50)]].concat()
}

fn write(tag: u64, keys: &[usize], length: usize) -> Operation {
    let items = keys.iter().map(|key| Item { key: *key, length }).collect();
    Operation { tag: Tag(tag), change: Change::Write(items), durability: Durability::Full }
}

fn remove(tag: u64, key: usize) -> Operation {
    Operation { tag: Tag(tag), change: Change::Remove(key), durability: Durability::Full }
}
