//! Breadth-first search over all states of a configuration.
//!
//! States are known by 128-bit fingerprints; all of them are kept in the order they were found, each with the one it
//! was found from, so that the trace of a violation is among the shortest.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use super::config::Config;
use super::state::State;
use super::{invariants, moves};

/// What came of a search.
#[derive(Debug)]
pub(super) enum Found {
    /// All invariants hold in all states.
    Holds { states: usize },
    /// One does not.
    Violation { what: &'static str, trace: Vec<String> },
}

/// Searches all states of `config`, or until a violation.
pub(super) fn search(config: &Config) -> Found {
    let mut search = Search { config, found: Vec::new(), known: HashSet::default() };
    search.visit(config.first_state(), 0);
    let (mut list, mut at) = (Vec::new(), 0);
    while at < search.found.len() {
        let before = search.found[at].0;
        moves::all(config, &before, &mut list);
        if list.is_empty()
            && let Err(what) = invariants::at_rest(config, &before)
        {
            return search.violation(what, at, None);
        }
        for step in &mut list {
            if let Err(what) = invariants::check(config, &before, step) {
                let last = format!("{}: {}", step.actor, step.what);
                return search.violation(what, at, Some(last));
            }
            search.visit(step.state, at);
        }
        at += 1;
    }
    Found::Holds { states: search.found.len() }
}

struct Search<'a> {
    config: &'a Config,
    /// Each state, and the place of the one before it.
    found: Vec<(State, u32)>,
    known: HashSet<u128, BuildHasherDefault<Folded>>,
}

impl Search<'_> {
    fn visit(&mut self, state: State, from: usize) {
        if self.known.insert(fingerprint(&state)) {
            self.found.push((state, u32::try_from(from).expect("memory ends before places do")));
        }
    }

    fn violation(&self, what: &'static str, at: usize, last: Option<String>) -> Found {
        let mut trace: Vec<String> = last.into_iter().collect();
        let mut at = at;
        while at != 0 {
            let from = usize::try_from(self.found[at].1).expect("a place fits");
            trace.push(self.step_between(&self.found[from].0, &self.found[at].0));
            at = from;
        }
        trace.reverse();
        Found::Violation { what, trace }
    }

    fn step_between(&self, before: &State, after: &State) -> String {
        let mut list = Vec::new();
        moves::all(self.config, before, &mut list);
        let step = list.iter_mut().find_map(|step| {
            invariants::check(self.config, before, step).ok()?;
            (step.state == *after).then(|| format!("{}: {}", step.actor, step.what))
        });
        step.expect("the state was found by a move")
    }
}

fn fingerprint(state: &State) -> u128 {
    let mut mixer = Mixer { low: 0x9e37_79b9_7f4a_7c15, high: 0xc2b2_ae3d_27d4_eb4f };
    state.hash(&mut mixer);
    u128::from(mixer.finish()) | u128::from(mixer.high ^ mixer.high >> 29) << 64
}

/// Two independent 64-bit mixes of what is hashed.
struct Mixer {
    low: u64,
    high: u64,
}

impl Mixer {
    fn mix(&mut self, word: u64) {
        self.low = (self.low ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd).rotate_left(31);
        self.high = (self.high ^ word).wrapping_mul(0x9fb2_1c65_1e98_df25).rotate_left(27);
    }
}

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.mix(u64::from(byte));
    }

    fn write_isize(&mut self, word: isize) {
        self.mix(word.cast_unsigned() as u64);
    }

    fn finish(&self) -> u64 {
        self.low ^ self.low >> 32
    }
}

/// A fingerprint is mixed already.
#[derive(Default)]
struct Folded(u64);

impl Hasher for Folded {
    fn write(&mut self, _bytes: &[u8]) {
        unreachable!("only fingerprints are hashed");
    }

    fn write_u128(&mut self, fingerprint: u128) {
        self.0 = u64::try_from(fingerprint >> 64).expect("the upper half fits");
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
