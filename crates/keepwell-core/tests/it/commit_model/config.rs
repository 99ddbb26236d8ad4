//! What a run of the model has in it: who writes which keys how, and what else may happen.

use super::mistakes::Mistake;
use super::state::{COUNT, Decision, Head, INITIAL, State};

/// How a writer's transaction is isolated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Isolation {
    /// Without a claim.
    #[default]
    ReadCommitted,
    /// With a claim on each key.
    Serializable,
}

/// What a writer sets out to do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Plan {
    /// In the order of keys; none for a writer that is not there.
    pub(super) keys: &'static [usize],
    pub(super) isolation: Isolation,
    /// Whether its body may fail, so that it rolls back.
    pub(super) may_roll_back: bool,
}

impl Plan {
    pub(super) const NONE: Self = Self::read_committed(&[]);

    pub(super) const fn serializable(keys: &'static [usize]) -> Self {
        Self { keys, isolation: Isolation::Serializable, may_roll_back: false }
    }

    pub(super) const fn read_committed(keys: &'static [usize]) -> Self {
        Self { keys, isolation: Isolation::ReadCommitted, may_roll_back: false }
    }

    pub(super) const fn that_may_roll_back(self) -> Self {
        Self { may_roll_back: true, ..self }
    }

    /// One record is written by one swap of its head.
    pub(super) fn is_one_record(&self) -> bool {
        self.keys.len() == 1
    }
}

/// A run of the model. The default has nobody in it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Config {
    pub(super) name: &'static str,
    pub(super) writers: [Plan; COUNT],
    /// The keys that have a record from the start.
    pub(super) initial: &'static [usize],
    /// The keys that the reader reads, in its order.
    pub(super) reader: &'static [usize],
    pub(super) has_repairer: bool,
    pub(super) has_collector: bool,
    /// How many writes of the writers may go astray.
    pub(super) faults: u8,
    /// How many records are removed, by keepwell and by others.
    pub(super) removals: u8,
    pub(super) outside_removals: u8,
    pub(super) power_cuts: u8,
    pub(super) mistake: Option<Mistake>,
}

impl Config {
    pub(super) fn has(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }

    pub(super) fn first_state(&self) -> State {
        let mut state = State {
            faults_left: self.faults,
            removals_left: self.removals,
            outside_left: self.outside_removals,
            cuts_left: self.power_cuts,
            ..State::default()
        };
        for &key in self.initial {
            state.storage.heads[key] = Head { record: INITIAL, ..Head::default() };
        }
        self.barrier(&mut state);
        state
    }

    /// Makes everything durable that was renamed so far.
    pub(super) fn barrier(&self, state: &mut State) {
        if self.power_cuts > 0 {
            state.durable = state.storage;
        }
    }

    pub(super) fn is_transaction(&self, id: u8) -> bool {
        let keys = self.writers[usize::from(id) - 1].keys;
        keys.len() > 1
    }

    /// What becomes of a head with an intent once its decision has been read; `None` where the decision stays open.
    pub(super) fn repaired(&self, head: Head, decision: Decision) -> Option<Head> {
        match decision {
            Decision::Committed if self.has(Mistake::ApplyDropsClaim) => Some(head.recorded(head.intent).unclaimed()),
            Decision::Committed => Some(head.recorded(head.intent)),
            Decision::Aborted | Decision::Absent => Some(Head { intent: 0, ..head }),
            Decision::Pending => None,
        }
    }
}
