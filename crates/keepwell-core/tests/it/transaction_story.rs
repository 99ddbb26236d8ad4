//! A story: which transactions begin inside which, and what happens to each. Data alone; the player plays it on the
//! engine, the model says what must come of it.

use keepwell_core::transaction::{CommitMode, IsolationLevel};

/// A tree of transactions and what goes wrong outside it.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) root: Node,
    /// The keys that have a record when the story begins.
    pub(crate) present: Vec<&'static str>,
    pub(crate) faults: Faults,
}

/// What goes wrong outside the tree.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    pub(crate) commits: Commits,
    /// Every hook runs and fails.
    pub(crate) hooks_fail: bool,
    pub(crate) look_ups_fail: bool,
    /// No lock is granted before the deadline.
    pub(crate) locks_time_out: bool,
}

/// What becomes of commits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Commits {
    #[default]
    Work,
    Fail,
    FirstFails,
    FirstIsUnknown,
}

/// What becomes of one commit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum CommitOutcome {
    Works,
    Fails,
    IsUnknown,
}

impl Commits {
    /// What becomes of commit `number`, which counts from 0.
    pub(crate) fn outcome(self, number: usize) -> CommitOutcome {
        match (self, number) {
            (Self::Fail, _) | (Self::FirstFails, 0) => CommitOutcome::Fails,
            (Self::FirstIsUnknown, 0) => CommitOutcome::IsUnknown,
            (Self::Work | Self::FirstFails | Self::FirstIsUnknown, _) => CommitOutcome::Works,
        }
    }
}

/// One transaction: the user's own, or a task run's.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) key: Option<&'static str>,
    pub(crate) isolation_level: Option<IsolationLevel>,
    pub(crate) outcome: Outcome,
    /// Whether the code around it goes on if it fails.
    pub(crate) caught: bool,
    pub(crate) children: Vec<Node>,
}

/// Whose transaction it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Task,
    Block {
        mode: Option<CommitMode>,
        /// Whether its body begins by staging a value.
        stages: bool,
    },
}

/// What its body does after its children.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Outcome {
    Returns,
    Fails,
    /// Of a task: fails, and returns when it is tried again.
    FailsOnce,
    /// Of a task: returns a value that cannot be encoded.
    ReturnsUnencodable,
}

impl Node {
    pub(crate) fn task(key: &'static str) -> Self {
        Self::new(Kind::Task, Some(key))
    }

    pub(crate) fn block(key: Option<&'static str>) -> Self {
        Self::new(Kind::Block { mode: None, stages: false }, key)
    }

    fn new(kind: Kind, key: Option<&'static str>) -> Self {
        Self { kind, key, isolation_level: None, outcome: Outcome::Returns, caught: true, children: Vec::new() }
    }

    pub(crate) fn mode(mut self, mode: Option<CommitMode>) -> Self {
        self.kind = match self.kind {
            Kind::Task => Kind::Task,
            Kind::Block { stages, .. } => Kind::Block { mode, stages },
        };
        self
    }

    pub(crate) fn staging(mut self) -> Self {
        self.kind = match self.kind {
            Kind::Task => Kind::Task,
            Kind::Block { mode, .. } => Kind::Block { mode, stages: true },
        };
        self
    }

    pub(crate) fn level(self, isolation_level: Option<IsolationLevel>) -> Self {
        Self { isolation_level, ..self }
    }

    pub(crate) fn outcome(self, outcome: Outcome) -> Self {
        Self { outcome, ..self }
    }

    pub(crate) fn uncaught(self) -> Self {
        Self { caught: false, ..self }
    }

    pub(crate) fn with(self, children: Vec<Self>) -> Self {
        Self { children, ..self }
    }

    /// Whether it and all below it are serializable, where the level around it is if `inherited` says so.
    pub(crate) fn is_serializable(&self, inherited: bool) -> bool {
        let own = self.isolation_level.map_or(inherited, |level| level == IsolationLevel::Serializable);
        own && self.children.iter().all(|child| child.is_serializable(own))
    }

    pub(crate) fn retries(&self) -> u32 {
        u32::from(self.outcome == Outcome::FailsOnce)
    }

    /// Whether the body fails of itself in `attempt`.
    pub(crate) fn fails(&self, attempt: u32) -> bool {
        match self.outcome {
            Outcome::Fails => true,
            Outcome::FailsOnce => attempt == 0,
            Outcome::Returns | Outcome::ReturnsUnencodable => false,
        }
    }

    /// The name of the transaction that `attempt` runs in.
    pub(crate) fn attempt_name(path: &str, attempt: u32) -> String {
        format!("{path}{}", "'".repeat(attempt as usize))
    }
}
