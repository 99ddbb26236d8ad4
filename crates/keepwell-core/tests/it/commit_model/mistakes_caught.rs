//! Every mistake is found, as what it is, by a short trace.

use super::config::Config;
use super::configurations::{COLLECTED, FAULTS, MIXED, PAIR, POWER, SINGLE, SINGLE_FAULTS};
use super::mistakes::Mistake;
use super::search::{Found, search};

const SUPERSEDED: &str = "a superseded claim commits";
const PARTLY: &str = "a commit is partly visible";
const CHANGED: &str = "what is visible changed without a commit";
const NOT_THERE: &str = "a reader finds what was not visible while it looked";
const TWICE: &str = "a record is committed twice";
const NOT_COMMITTED: &str = "told committed, and it is not";
const NOT_ABORTED: &str = "told aborted, and it is committed";
const REFUSED: &str = "a claim is lost to nobody";
const HALF: &str = "half a transaction after a power cut";

#[test]
fn mistakes_with_claims_are_caught() {
    assert_caught(SINGLE, Mistake::NoFence, SUPERSEDED);
    assert_caught(SINGLE, Mistake::NoClaim, SUPERSEDED);
    assert_caught(SINGLE, Mistake::GreaterOrEqual, SUPERSEDED);
    assert_caught(PAIR, Mistake::ClaimIgnoresIntent, SUPERSEDED);
    assert_caught(SINGLE, Mistake::UnclaimDropsRecord, CHANGED);
    assert_caught(MIXED, Mistake::UnclaimDropsIntent, PARTLY);
    assert_caught(SINGLE, Mistake::UnclaimsAnother, REFUSED);
    assert_caught(SINGLE, Mistake::RemovalDropsClaim, REFUSED);
    assert_caught(SINGLE, Mistake::WriteDropsClaim, REFUSED);
    assert_caught(MIXED, Mistake::ApplyDropsClaim, REFUSED);
}

#[test]
fn mistakes_with_intents_and_decisions_are_caught() {
    assert_caught(COLLECTED, Mistake::OneRecordIgnoresIntent, PARTLY);
    assert_caught(MIXED, Mistake::BlindCommit, CHANGED);
    assert_caught(MIXED, Mistake::ClearsPending, CHANGED);
    assert_caught(PAIR, Mistake::NoReread, NOT_THERE);
    assert_caught(PAIR, Mistake::ReadsPending, NOT_THERE);
    assert_caught(COLLECTED, Mistake::CollectsEarly, CHANGED);
    assert_caught(COLLECTED, Mistake::CollectsByOneKey, CHANGED);
    assert_caught(MIXED, Mistake::RemovesDecisionEarly, CHANGED);
}

#[test]
fn mistakes_with_lost_and_late_requests_are_caught() {
    assert_caught(SINGLE_FAULTS, Mistake::RetriesBlindly, TWICE);
    assert_caught(SINGLE_FAULTS, Mistake::LostMeansAborted, NOT_ABORTED);
    assert_caught(FAULTS, Mistake::GoneMeansAborted, NOT_ABORTED);
    assert_caught(FAULTS, Mistake::NoRereadOfPending, NOT_THERE);
    assert_caught(FAULTS, Mistake::CollectsYoung, PARTLY);
}

#[test]
fn missing_barriers_are_caught() {
    assert_caught(POWER, Mistake::NoBarrierBeforeDecision, HALF);
    assert_caught(POWER, Mistake::NoBarrierBeforeTelling, NOT_COMMITTED);
    assert_caught(POWER, Mistake::NoBarrierBeforeApplying, HALF);
    assert_caught(POWER, Mistake::NoBarrierBeforeRemoval, NOT_COMMITTED);
}

fn assert_caught(config: Config, mistake: Mistake, expected: &str) {
    match search(&Config { mistake: Some(mistake), ..config }) {
        Found::Holds { states } => panic!("{mistake:?} is not caught in {states} states"),
        Found::Violation { what, trace } => {
            assert_eq!(what, expected, "{mistake:?}:\n{}", trace.join("\n"));
            assert!(trace.len() <= 25, "{mistake:?}: the trace has {} steps", trace.len());
        }
    }
}
