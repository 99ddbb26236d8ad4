//! A story: which transactions begin inside which, and what happens to each. Data alone; the player plays it on the
//! engine, the model says what must come of it.

use keepwell_core::transaction::{CommitMode, IsolationLevel};

/// A tree of transactions and what goes wrong outside it.
#[derive(Clone, Debug)]
pub struct Story {
    pub root: Node,
    /// The keys that have a record when the story begins.
    pub present: Vec<&'static str>,
    pub faults: Faults,
}

/// What goes wrong outside the tree.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    pub commits: Commits,
    /// Every hook runs and fails.
    pub hooks_fail: bool,
    pub look_ups_fail: bool,
}

/// What becomes of commits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Commits {
    #[default]
    Work,
    Fail,
    FirstFails,
    FirstIsUnknown,
}

/// What becomes of one commit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CommitOutcome {
    Works,
    Fails,
    IsUnknown,
}

impl Commits {
    /// What becomes of commit `number`, which counts from 0.
    pub fn outcome(self, number: usize) -> CommitOutcome {
        match (self, number) {
            (Self::Fail, _) | (Self::FirstFails, 0) => CommitOutcome::Fails,
            (Self::FirstIsUnknown, 0) => CommitOutcome::IsUnknown,
            (Self::Work | Self::FirstFails | Self::FirstIsUnknown, _) => CommitOutcome::Works,
        }
    }
}

/// One transaction: the user's own, or a task run's.
#[derive(Clone, Debug)]
pub struct Node {
    pub kind: Kind,
    pub key: Option<&'static str>,
    pub isolation_level: Option<IsolationLevel>,
    pub outcome: Outcome,
    /// Whether the code around it goes on if it fails.
    pub caught: bool,
    pub children: Vec<Node>,
}

/// Whose transaction it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Task,
    Block {
        mode: Option<CommitMode>,
        /// Whether its body begins by staging a value.
        stages: bool,
    },
}

/// What its body does after its children.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    Returns,
    Fails,
    /// Of a task: fails, and returns when it is tried again.
    FailsOnce,
    /// Of a task: returns a value that cannot be encoded.
    ReturnsUnencodable,
}

impl Node {
    pub fn task(key: &'static str) -> Self {
        Self::new(Kind::Task, Some(key))
    }

    pub fn block(key: Option<&'static str>) -> Self {
        Self::new(Kind::Block { mode: None, stages: false }, key)
    }

    fn new(kind: Kind, key: Option<&'static str>) -> Self {
        Self { kind, key, isolation_level: None, outcome: Outcome::Returns, caught: true, children: Vec::new() }
    }

    pub fn mode(mut self, mode: Option<CommitMode>) -> Self {
        self.kind = match self.kind {
            Kind::Task => Kind::Task,
            Kind::Block { stages, .. } => Kind::Block { mode, stages },
        };
        self
    }

    pub fn staging(mut self) -> Self {
        self.kind = match self.kind {
            Kind::Task => Kind::Task,
            Kind::Block { mode, .. } => Kind::Block { mode, stages: true },
        };
        self
    }

    pub fn level(self, isolation_level: Option<IsolationLevel>) -> Self {
        Self { isolation_level, ..self }
    }

    pub fn outcome(self, outcome: Outcome) -> Self {
        Self { outcome, ..self }
    }

    pub fn uncaught(self) -> Self {
        Self { caught: false, ..self }
    }

    pub fn with(self, children: Vec<Self>) -> Self {
        Self { children, ..self }
    }

    pub fn retries(&self) -> u32 {
        u32::from(self.outcome == Outcome::FailsOnce)
    }

    /// Whether the body fails of itself in `attempt`.
    pub fn fails(&self, attempt: u32) -> bool {
        match self.outcome {
            Outcome::Fails => true,
            Outcome::FailsOnce => attempt == 0,
            Outcome::Returns | Outcome::ReturnsUnencodable => false,
        }
    }

    /// The name of the transaction that `attempt` runs in.
    pub fn attempt_name(path: &str, attempt: u32) -> String {
        format!("{path}{}", "'".repeat(attempt as usize))
    }
}
