//! The configurations that are searched. Each is complete in itself; together they cover what the protocol is built of.

use super::config::{Config, Plan};

/// Two writers of the same two keys, a reader and a repairer.
pub(super) const PAIR: Config = Config {
    name: "two claimed transactions, one of which may roll back",
    writers: [Plan::serializable(&[0, 1]).that_may_roll_back(), Plan::serializable(&[0, 1]), Plan::NONE],
    initial: &[],
    reader: &[0, 1],
    has_repairer: true,
    has_collector: false,
    faults: 0,
    removals: 0,
    outside_removals: 0,
    power_cuts: 0,
    mistake: None,
};

/// Three transactions over three keys, each of two.
pub(super) const RING: Config = Config {
    name: "three transactions over three keys, read in order",
    writers: [Plan::serializable(&[0, 1]), Plan::serializable(&[1, 2]), Plan::read_committed(&[0, 2])],
    initial: &[0],
    reader: &[0, 1, 2],
    has_repairer: false,
    has_collector: false,
    ..PAIR
};

/// Three transactions without claims, each of all three keys.
pub(super) const WHOLE: Config = Config {
    name: "three transactions of all three keys",
    writers: [
        Plan::read_committed(&[0, 1, 2]),
        Plan::read_committed(&[0, 1, 2]),
        Plan::serializable(&[0, 1, 2]).that_may_roll_back(),
    ],
    reader: &[],
    ..RING
};

/// A transaction with claims, one without, and removals by keepwell and by others.
pub(super) const MIXED: Config = Config {
    name: "a claimed transaction and one without, with removals",
    writers: [Plan::serializable(&[0, 1]).that_may_roll_back(), Plan::read_committed(&[0, 1]), Plan::NONE],
    initial: &[0],
    reader: &[],
    has_collector: false,
    removals: 1,
    outside_removals: 1,
    ..PAIR
};

/// A transaction that is read, repaired and collected at any time.
pub(super) const COLLECTED: Config = Config {
    name: "a transaction, one record and a collector",
    writers: [Plan::serializable(&[0, 1]), Plan::read_committed(&[0]), Plan::NONE],
    has_collector: true,
    ..PAIR
};

/// Writers of one record each, all of the same key.
pub(super) const SINGLE: Config = Config {
    name: "three writers of one record, with removals",
    writers: [
        Plan::serializable(&[0]).that_may_roll_back(),
        Plan::serializable(&[0]).that_may_roll_back(),
        Plan::read_committed(&[0]),
    ],
    reader: &[0],
    removals: 1,
    outside_removals: 1,
    ..PAIR
};

/// The same with requests that go astray.
pub(super) const SINGLE_FAULTS: Config =
    Config { name: "three writers of one record, two faults", faults: 2, removals: 0, outside_removals: 0, ..SINGLE };

/// A transaction and a writer of one record, with requests that go astray.
pub(super) const FAULTS: Config = Config {
    name: "a transaction and one record, one fault",
    writers: [Plan::serializable(&[0, 1]), Plan::read_committed(&[0]), Plan::NONE],
    faults: 1,
    has_collector: true,
    ..PAIR
};

/// A transaction and a writer of one record over a power cut.
pub(super) const POWER: Config = Config {
    name: "a transaction, one record and a power cut",
    writers: [Plan::serializable(&[0, 1]), Plan::read_committed(&[0]), Plan::NONE],
    reader: &[],
    has_collector: true,
    power_cuts: 1,
    ..PAIR
};
