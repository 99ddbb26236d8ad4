//! The commit protocol, searched exhaustively: `docs/commit-protocol.md` says what is modelled and what must hold.

mod collector;
mod config;
mod configurations;
mod invariants;
mod mistakes;
mod mistakes_caught;
mod moves;
mod power;
mod reader;
mod remover;
mod repairer;
mod request;
mod search;
mod state;
mod transaction;
mod writer;

use config::Config;
use configurations::{COLLECTED, FAULTS, MIXED, PAIR, POWER, RING, SINGLE, SINGLE_FAULTS, WHOLE};
use search::{Found, search};

/// All configurations, and how many states each has: the search is complete, so the number is exact.
const STATES: [(Config, usize); 9] = [
    (PAIR, 253_926),
    (COLLECTED, 56_483),
    (RING, 1_097_666),
    (WHOLE, 280_703),
    (MIXED, 360_347),
    (SINGLE, 43_250),
    (SINGLE_FAULTS, 349_580),
    (FAULTS, 768_032),
    (POWER, 39_559),
];

#[test]
fn more_than_a_million_states_are_searched() {
    let states: usize = STATES.iter().map(|(_, states)| states).sum();
    assert_eq!(states, 3_249_546);
    assert!(states >= 1_000_000);
}

#[test]
fn claimed_transactions_hold() {
    assert_holds(0);
    assert_holds(1);
}

#[test]
fn three_transactions_over_three_keys_hold_for_a_reader() {
    assert_holds(2);
}

#[test]
fn three_transactions_of_all_three_keys_hold() {
    assert_holds(3);
}

#[test]
fn transactions_with_and_without_claims_hold_against_removals() {
    assert_holds(4);
}

#[test]
fn writers_of_one_record_hold() {
    assert_holds(5);
    assert_holds(6);
}

#[test]
fn lost_delayed_and_doubled_requests_are_withstood() {
    assert_holds(7);
}

#[test]
fn a_power_cut_is_withstood() {
    assert_holds(8);
}

/// Every invariant holds in every state, and there are as many as the table says.
fn assert_holds(place: usize) {
    let (config, expected) = STATES[place];
    match search(&config) {
        Found::Holds { states } => assert_eq!(states, expected, "{}", config.name),
        Found::Violation { what, trace } => panic!("{}: {what}\n{}", config.name, trace.join("\n")),
    }
}
