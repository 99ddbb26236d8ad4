//! What a writer will do: drawn from a seed, so that the writer and whoever judges it know the same.

use keepwell_core::storage::Durability;

use super::{Change, Item, Operation};
use crate::chance::Chance;
use crate::content::Tag;

/// How many records there are.
pub(crate) const KEYS: usize = 12;

/// The operations of one writer in one round, without end.
#[derive(Debug)]
pub(crate) struct Plan {
    chance: Chance,
    next: u64,
    first: u64,
    durabilities: &'static [Durability],
}

impl Plan {
    /// The plan of a writer in a round of a seed. A single record is written with one of `durabilities`.
    pub(crate) fn new(seed: u64, round: u64, writer: u64, durabilities: &'static [Durability]) -> Self {
        let first = (round << 24) | (writer << 16);
        Self { chance: Chance::for_purpose(seed, first), next: 1, first, durabilities }
    }

    fn change(&mut self) -> Change {
        let count = match self.chance.below(8) {
            0 => return Change::Remove(self.chance.index(KEYS)),
            1..=3 => 1,
            _ => 2 + self.chance.index(7),
        };
        let keys = self.chance.some_below(count, KEYS);
        Change::Write(keys.into_iter().map(|key| Item { key, length: self.length() }).collect())
    }

    /// Mostly small; one in eight too large for a head.
    fn length(&mut self) -> usize {
        if self.chance.once_in(8) { 20_000 + self.chance.index(40_000) } else { 16 + self.chance.index(1000) }
    }
}

impl Iterator for Plan {
    type Item = Operation;

    fn next(&mut self) -> Option<Operation> {
        let tag = Tag(self.first | self.next);
        self.next += 1;
        let durability = self.durabilities[self.chance.index(self.durabilities.len())];
        Some(Operation { tag, change: self.change(), durability })
    }
}
