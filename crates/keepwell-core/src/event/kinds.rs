//! What happened, and in which words: for logs, counters, states and tests.
//!
//! Each front end passes events to its own logging and to [`count`]; the level and the text are decided here, once.

use std::sync::Arc;
use std::time::Duration;

use crate::action::Outside;
use crate::hook::HookMoment;
use crate::key::CacheKey;
use crate::run::State;
use crate::store::MissReason;
use crate::{Error, ErrorKind};

/// Something that happened in a run or a transaction.
#[derive(Clone, Debug)]
pub enum Event {
    /// A task run was made.
    Created {
        /// The task's name.
        name: Arc<str>,
        /// The run's name.
        run_name: Arc<str>,
    },
    /// The record was there.
    Hit {
        /// Its key.
        key: CacheKey,
        /// Where it was found.
        source: HitSource,
    },
    /// The record was not there, or did not count.
    Miss {
        /// The key.
        key: CacheKey,
        /// Why.
        reason: MissReason,
    },
    /// The call has no key and is not cached.
    WithoutKey {
        /// Why.
        reason: Arc<str>,
    },
    /// A lock is about to be waited for.
    AcquiringLock {
        /// The key that it is for.
        key: CacheKey,
    },
    /// A lock is about to be given back.
    ReleasingLock {
        /// The key that it is for.
        key: CacheKey,
    },
    /// A lock that its holder has still was not renewed for two thirds of its lease or more.
    LeaseInDanger {
        /// The key that it is for.
        key: CacheKey,
        /// Why, as far as is known.
        cause: Arc<str>,
    },
    /// A lock was lost while its holder was at work.
    LeaseLost {
        /// The key that it is for.
        key: CacheKey,
        /// Why, as far as is known.
        cause: Arc<str>,
    },
    /// The record of whoever got a lost lock next is taken for the run's own.
    Adopted {
        /// Its key.
        key: CacheKey,
    },
    /// A flow run begins.
    FlowBegan {
        /// The flow's name.
        name: Arc<str>,
        /// The run's name.
        run_name: Arc<str>,
        /// Whether it runs inside another flow.
        is_nested: bool,
    },
    /// A flow's body failed and will not run again.
    FlowFailed {
        /// The failure.
        error: Arc<str>,
        /// Whether it is a state that the body returned.
        is_state: bool,
    },
    /// A flow run came to its end.
    FlowFinished(Arc<State>),
    /// The body failed and will run again.
    Retrying {
        /// `Task` or `Flow`.
        run: &'static str,
        /// The failure.
        error: Arc<str>,
        /// Whether it is a state that the body returned.
        is_state: bool,
        /// Which retry this is, from 1.
        retry: u32,
        /// How many there may be.
        retries: u32,
        /// How long until it starts.
        delay: Duration,
    },
    /// The body failed and will not run again.
    Failed {
        /// The failure.
        error: Arc<str>,
        /// Whether it is a state that the body returned.
        is_state: bool,
        /// Whether there had been retries.
        exhausted: bool,
    },
    /// A hook is about to run.
    HookStarted {
        /// What kind of hook.
        kind: &'static str,
        /// Its name.
        name: Arc<str>,
        /// What it is run for.
        moment: HookMoment,
    },
    /// A hook has run.
    HookFinished {
        /// What kind of hook.
        kind: &'static str,
        /// Its name.
        name: Arc<str>,
    },
    /// Something went wrong that did not stop the run.
    Problem(Problem),
    /// A task run came to its end.
    Finished(Arc<State>),
}

/// Where a record was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HitSource {
    /// In this process's memory.
    Memory,
    /// In the storage.
    Storage,
    /// Staged in the same transaction, not yet visible to others.
    Transaction,
}

/// How much an event matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// For whoever looks for a cause.
    Debug,
    /// What runs did.
    Info,
    /// Something did not work; the run went on.
    Warning,
    /// A run failed, or a result was not kept.
    Error,
}

/// Something that went wrong and did not stop the run: it is on the state, in the log and counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What went wrong.
    pub kind: ProblemKind,
    /// In words, with causes and advice.
    pub message: Arc<str>,
}

/// What can go wrong without stopping a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// The key could not be computed: the run was not cached.
    Key,
    /// The value could not be encoded: it was not kept.
    Serialization,
    /// The records could not be committed: the value was not kept.
    Commit,
    /// A hook failed.
    Hook,
    /// A lock or claim could not be given back.
    LockRelease,
    /// The records are committed, but not all of them are in their places yet.
    Repair,
    /// The options contradict each other or cannot be honoured.
    Options,
}

impl Problem {
    pub(crate) fn report(outside: &Outside, kind: ProblemKind, error: &Error) -> Self {
        Self::tell(outside, kind, Self::words(kind, error))
    }

    pub(crate) fn report_hook(outside: &Outside, hook: &str, name: &str, error: &Error) -> Self {
        let message = format!("An error was encountered while running {hook} '{name}': {}", error.report());
        Self::tell(outside, ProblemKind::Hook, message)
    }

    pub(crate) fn tell(outside: &Outside, kind: ProblemKind, message: impl Into<Arc<str>>) -> Self {
        let problem = Self { kind, message: message.into() };
        outside.report(Event::Problem(problem.clone()));
        problem
    }

    fn words(kind: ProblemKind, error: &Error) -> String {
        let what = match kind {
            ProblemKind::Key => "The cache key could not be computed, so the result will not be kept",
            ProblemKind::Serialization => "The result could not be serialized, so it is not kept",
            ProblemKind::Commit if error.kind() == ErrorKind::CommitUnknown => {
                "It could not be learnt whether the result was committed: it is kept whole or not at all"
            }
            ProblemKind::Commit => "The result could not be committed, so it is not kept",
            ProblemKind::Hook => "A hook failed",
            ProblemKind::LockRelease => "A lock could not be released",
            ProblemKind::Repair => "The records are committed, but whoever meets them next has to finish their commit",
            ProblemKind::Options => "An option was ignored",
        };
        format!("{what}: {}", error.report())
    }
}

impl Event {
    /// How much it matters.
    pub fn level(&self) -> Level {
        match self {
            Self::Created { .. } | Self::FlowBegan { .. } | Self::FlowFinished(_) => Level::Info,
            Self::Hit { .. } | Self::WithoutKey { .. } | Self::AcquiringLock { .. } | Self::ReleasingLock { .. } => {
                Level::Debug
            }
            Self::Miss { reason, .. } => reason.level(),
            Self::LeaseInDanger { .. } | Self::LeaseLost { .. } => Level::Warning,
            Self::Adopted { .. } => Level::Info,
            Self::Retrying { .. } | Self::HookStarted { .. } | Self::HookFinished { .. } => Level::Info,
            Self::Failed { .. } | Self::FlowFailed { .. } => Level::Error,
            Self::Problem(problem) => problem.kind.level(),
            Self::Finished(state) if state.is_completed() => Level::Info,
            Self::Finished(_) => Level::Error,
        }
    }

    /// What a log line says of it.
    pub fn message(&self) -> String {
        match self {
            Self::Created { name, run_name } => format!("Created task run '{run_name}' for task '{name}'"),
            Self::Hit { key, source } => format!("Found a record for key '{key}' in {}", source.words()),
            Self::Miss { key, reason } => format!("No record for key '{key}': {reason}"),
            Self::WithoutKey { reason } => format!("Not cached: {reason}"),
            Self::AcquiringLock { key } => format!("Acquiring lock for transaction '{key}'"),
            Self::ReleasingLock { key } => format!("Releasing lock for transaction '{key}'"),
            Self::LeaseInDanger { key, cause } => {
                format!("The lock for key '{key}' was in danger of being lost: {cause}")
            }
            Self::LeaseLost { key, cause } => {
                format!("The lock for key '{key}' was lost while its holder was at work: {cause}")
            }
            Self::Adopted { key } => {
                format!("Adopted the record for key '{key}' of the run that got the lock next")
            }
            Self::FlowBegan { name, run_name, is_nested } => {
                let kind = if *is_nested { "subflow" } else { "flow" };
                format!("Beginning {kind} run '{run_name}' for flow '{name}'")
            }
            Self::FlowFailed { error, is_state: false } => format!("Encountered exception during execution: {error}"),
            Self::FlowFailed { error, is_state: true } => failed("Flow", error, true),
            Self::Retrying { run, error, is_state, retry, retries, delay } => {
                format!("{} - Retry {retry}/{retries} {}", failed(run, error, *is_state), starting(*delay))
            }
            Self::Failed { error, is_state, exhausted: true } => {
                format!("{} - Retries are exhausted", failed("Task", error, *is_state))
            }
            Self::Failed { error, is_state, exhausted: false } => failed("Task", error, *is_state),
            Self::HookStarted { kind, name, moment: HookMoment::Entered(state) } => {
                format!("Running {kind} '{name}' in response to entering state '{}'", state.name())
            }
            Self::HookStarted { kind, name, .. } => format!("Running {kind} '{name}'"),
            Self::HookFinished { kind, name } => {
                format!("{} '{name}' finished running successfully", capitalised(kind))
            }
            Self::Problem(problem) => problem.message.to_string(),
            Self::Finished(state) | Self::FlowFinished(state) => format!("Finished in state {state}"),
        }
    }
}

impl ProblemKind {
    fn level(self) -> Level {
        match self {
            Self::Key | Self::Commit | Self::Hook => Level::Error,
            Self::Serialization | Self::LockRelease | Self::Repair | Self::Options => Level::Warning,
        }
    }
}

impl HitSource {
    fn words(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Storage => "the storage",
            Self::Transaction => "this transaction",
        }
    }
}

fn failed(run: &str, error: &str, is_state: bool) -> String {
    format!("{run} run failed with {}: {error}", if is_state { "state" } else { "exception" })
}

fn starting(delay: Duration) -> String {
    if delay.is_zero() {
        return "will start immediately".to_owned();
    }
    format!("will start {} second(s) from now", delay.as_secs_f64())
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
