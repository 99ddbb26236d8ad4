//! The moves from one state, and what the checker is to know of each.

use super::config::Config;
use super::state::State;

/// What a move does that can be seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Quiet,
    /// All records of a writer become visible.
    Committed {
        writer: usize,
    },
    Claimed {
        writer: usize,
        key: usize,
    },
    /// A record is removed by keepwell.
    Removed {
        key: usize,
    },
    /// A head is removed by somebody who knows nothing of claims.
    RemovedOutside {
        key: usize,
    },
    /// The reader has found this record; what it may have found is in its state before the move.
    Read {
        record: u8,
    },
    PowerCut,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    pub(super) actor: &'static str,
    pub(super) what: &'static str,
    pub(super) state: State,
    pub(super) event: Event,
}

/// Collects the moves of one actor from one state.
pub(super) struct Moves<'a> {
    pub(super) config: &'a Config,
    pub(super) state: &'a State,
    pub(super) actor: &'static str,
    pub(super) list: &'a mut Vec<Move>,
}

impl Moves<'_> {
    pub(super) fn add(&mut self, what: &'static str, state: State, event: Event) {
        self.list.push(Move { actor: self.actor, what, state, event });
    }

    /// Adds a move that uses up one of the faults.
    pub(super) fn add_fault(&mut self, what: &'static str, mut state: State, event: Event) {
        state.faults_left -= 1;
        self.add(what, state, event);
    }

    /// Adds a quiet move.
    pub(super) fn change(&mut self, what: &'static str, change: impl FnOnce(&mut State)) {
        let mut state = *self.state;
        change(&mut state);
        self.add(what, state, Event::Quiet);
    }
}

/// All moves of all actors. That anybody may stop for ever at any point needs no move: the others go on without.
pub(super) fn all(config: &Config, state: &State, list: &mut Vec<Move>) {
    list.clear();
    for (index, actor) in ["W1", "W2", "W3"].into_iter().enumerate() {
        super::writer::moves(&mut Moves { config, state, actor, list }, index);
    }
    super::request::arrive(&mut Moves { config, state, actor: "network", list });
    super::reader::moves(&mut Moves { config, state, actor: "reader", list });
    super::repairer::moves(&mut Moves { config, state, actor: "repairer", list });
    super::remover::moves(&mut Moves { config, state, actor: "remover", list });
    super::collector::moves(&mut Moves { config, state, actor: "collector", list });
    super::power::moves(&mut Moves { config, state, actor: "power", list });
}
