//! The simulation finds every mistake that it is there to find, planted in the real engine.

use keepwell_core::mistake::{Mistake, plant};
use keepwell_testing::simulation::{Options, simulate};

/// The mistakes, and how many seeds may pass before each is found.
const MISTAKES: [(Mistake, u64); 12] = [
    (Mistake::WriterIgnoresIntent, 300),
    (Mistake::CommitIgnoresClaim, 300),
    (Mistake::DecideWithoutComparing, 800),
    (Mistake::ReaderDoesNotLookAgain, 2_000),
    (Mistake::ReaderTrustsIntents, 100),
    (Mistake::CollectEarly, 1_000),
    (Mistake::ClaimIgnoresIntent, 300),
    (Mistake::CommitWithoutDecision, 100),
    (Mistake::PendingTakenForAborted, 300),
    (Mistake::LostReplyTakenForDone, 300),
    (Mistake::UnknownTakenForAborted, 800),
    (Mistake::LockReleasedTwice, 100),
];

#[test]
fn every_planted_mistake_is_found() {
    let is_found = |seed| !simulate(seed, &Options::default()).violations.is_empty();
    let missed = MISTAKES.iter().filter(|(mistake, seeds)| {
        plant(Some(*mistake));
        !(0..*seeds).any(is_found)
    });
    let missed: Vec<_> = missed.collect();
    plant(None);
    assert!(missed.is_empty(), "{missed:?}");
}
