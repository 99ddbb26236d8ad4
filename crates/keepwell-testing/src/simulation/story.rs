//! What the processes of a world do, drawn by the dice.

use std::time::Duration;

use keepwell_core::transaction::CommitMode;

use super::dice::Dice;

/// One thing that a process does.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// Calls a task.
    Task(Call),
    /// Opens a transaction of its own.
    Block(Call, CommitMode),
    /// Looks these keys up, one after another, so many times.
    Read(Vec<usize>, usize),
    /// Asks whether there is a record.
    Ask(usize),
    /// Removes a record.
    Remove(usize),
    /// Takes away what long ended transactions have left, after they have ended long ago.
    Collect,
    /// Does something else for a while.
    Rest(Duration),
}

/// A task call, or a transaction.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is drawn by itself")]
pub(super) struct Call {
    /// The key; a transaction need not have one.
    pub(super) key: Option<usize>,
    pub(super) is_serializable: bool,
    pub(super) overwrites: bool,
    /// What runs inside.
    pub(super) children: Vec<Item>,
    /// How many attempts fail.
    pub(super) failures: u32,
    pub(super) retries: u32,
    /// Whether whoever called it goes on when it fails.
    pub(super) is_caught: bool,
    pub(super) is_encodable: bool,
    /// How many bytes the value has.
    pub(super) size: usize,
    /// How long the body takes.
    pub(super) work: Duration,
}

/// What is common to all items of one story.
#[derive(Clone, Debug)]
pub(super) struct Style {
    pub(super) keys: usize,
    pub(super) processes: usize,
    /// How many things each process does.
    items: usize,
    serializable_one_in: usize,
    removes: bool,
    nests: usize,
    /// The longest that a body takes: where it is short, processes are at the storage all the time.
    longest: Duration,
}

impl Style {
    pub(super) fn of(dice: &mut Dice, nests: bool) -> Self {
        Self {
            keys: *dice.pick(&[1, 2, 2, 2, 3, 3, 4, 5]),
            processes: 2 + dice.below(4),
            items: 4 + dice.below(30),
            serializable_one_in: *dice.pick(&[0, 1, 1, 2, 3]),
            longest: Duration::from_millis(*dice.pick(&[1, 1, 4, 100, 20_000])),
            removes: dice.once_in(6),
            nests: if nests { *dice.pick(&[1, 2, 2, 3]) } else { 0 },
        }
    }

    /// What one process does.
    pub(super) fn script(&self, dice: &mut Dice) -> Vec<Item> {
        (0..self.items).map(|_| self.item(dice)).collect()
    }

    fn item(&self, dice: &mut Dice) -> Item {
        match dice.below(20) {
            0..7 => self.block(dice, self.nests),
            7..13 => self.task(dice, self.nests),
            13..17 => {
                let keys = (0..1 + dice.below(4)).map(|_| dice.below(self.keys)).collect();
                Item::Read(keys, 1 + dice.below(3))
            }
            17 if dice.once_in(2) => Item::Collect,
            17 => Item::Ask(dice.below(self.keys)),
            18 if self.removes => Item::Remove(dice.below(self.keys)),
            _ => Item::Rest(dice.time(Duration::from_micros(10), 3 * self.longest)),
        }
    }

    fn task(&self, dice: &mut Dice, depth: usize) -> Item {
        let children = if dice.once_in(3) { self.children(dice, depth) } else { Vec::new() };
        let call = self.call(dice, children);
        Item::Task(Call { key: Some(call.key.unwrap_or(0)), ..call })
    }

    fn block(&self, dice: &mut Dice, depth: usize) -> Item {
        let children = self.children(dice, depth);
        let mut call = self.call(dice, children);
        if dice.once_in(2) {
            call.key = None;
        }
        Item::Block(call, *dice.pick(&[CommitMode::Lazy, CommitMode::Lazy, CommitMode::Lazy, CommitMode::Eager]))
    }

    fn children(&self, dice: &mut Dice, depth: usize) -> Vec<Item> {
        if depth == 0 {
            return Vec::new();
        }
        let child = |dice: &mut Dice| match dice.below(4) {
            0 => self.block(dice, depth - 1),
            _ => self.task(dice, depth - 1),
        };
        (0..dice.below(4)).map(|_| child(dice)).collect()
    }

    fn call(&self, dice: &mut Dice, children: Vec<Item>) -> Call {
        let retries = u32::from(dice.once_in(5));
        Call {
            key: Some(dice.below(self.keys)),
            is_serializable: dice.once_in(self.serializable_one_in),
            overwrites: dice.once_in(2),
            children,
            failures: if dice.once_in(6) { 1 + u32::from(dice.once_in(2)) } else { 0 },
            retries,
            is_caught: dice.once_in(2),
            is_encodable: !dice.once_in(25),
            size: if dice.once_in(12) { 17_000 } else { 0 },
            work: dice.time(Duration::from_micros(10), self.longest),
        }
    }
}
