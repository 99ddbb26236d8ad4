//! The state of a run, and how it is written.

use std::borrow::Cow;
use std::fmt;

use crate::action::FailureKind;
use crate::event::{HitSource, Problem};
use crate::key::CacheKey;
use crate::store::MissReason;

/// What kind of state it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StateType {
    /// Waits for a time.
    Scheduled,
    /// Has not begun.
    Pending,
    /// Is at work.
    Running,
    /// Ended well: its body ran, or its record was there.
    Completed,
    /// Ended with an error.
    Failed,
    /// Was cancelled.
    Cancelled,
    /// Was stopped from outside.
    Crashed,
}

impl StateType {
    /// The type's name in capitals, as states print it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "SCHEDULED",
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
            Self::Crashed => "CRASHED",
        }
    }

    /// Whether a run in such a state has come to its end.
    pub fn is_final(self) -> bool {
        match self {
            Self::Completed | Self::Failed | Self::Cancelled | Self::Crashed => true,
            Self::Scheduled | Self::Pending | Self::Running => false,
        }
    }
}

/// The state of a run.
///
/// Written `Name('message', type=TYPE)`; the message is left out where there is none and the type where the name says
/// it already: `Completed()`, `Cached(type=COMPLETED)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    state_type: StateType,
    name: Cow<'static, str>,
    message: Option<String>,
    details: StateDetails,
}

/// What is known of a run beside its state: how caching went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateDetails {
    /// The key, where one was computed.
    pub cache_key: Option<CacheKey>,
    /// Where the record was found, if it was.
    pub hit: Option<HitSource>,
    /// Why no record was found, if one was looked for.
    pub miss: Option<MissReason>,
    /// Why there is no key, if there is none.
    pub not_cached: Option<std::sync::Arc<str>>,
    /// What went wrong without stopping the run.
    pub problems: Vec<Problem>,
}

impl State {
    /// A state of this type with its usual name.
    pub fn new(state_type: StateType, name: &'static str) -> Self {
        Self { state_type, name: Cow::Borrowed(name), message: None, details: StateDetails::default() }
    }

    /// A state of this type with a name of its own.
    pub fn named(state_type: StateType, name: impl Into<String>) -> Self {
        Self { name: Cow::Owned(name.into()), ..Self::new(state_type, "") }
    }

    /// At work for the first time.
    pub fn running() -> Self {
        Self::new(StateType::Running, "Running")
    }

    /// At work once more.
    pub fn retrying() -> Self {
        Self::new(StateType::Running, "Retrying")
    }

    /// The body returned.
    pub fn completed() -> Self {
        Self::new(StateType::Completed, "Completed")
    }

    /// The record was there; the body did not run.
    pub fn cached() -> Self {
        Self::new(StateType::Completed, "Cached")
    }

    /// The body failed.
    pub fn failed(kind: FailureKind, message: impl Into<String>) -> Self {
        let state = match kind {
            FailureKind::Raised => Self::new(StateType::Failed, "Failed"),
            FailureKind::TimedOut => Self::new(StateType::Failed, "TimedOut"),
            FailureKind::Crashed => Self::new(StateType::Crashed, "Crashed"),
        };
        state.with_message(message)
    }

    /// The same state with a message.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// The same state with these details.
    #[must_use]
    pub fn with_details(mut self, details: StateDetails) -> Self {
        self.details = details;
        self
    }

    /// What kind of state it is.
    pub fn state_type(&self) -> StateType {
        self.state_type
    }

    /// The state's name, such as `Cached`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The message, if there is one.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// How caching went.
    pub fn details(&self) -> &StateDetails {
        &self.details
    }

    /// Whether the run ended well.
    pub fn is_completed(&self) -> bool {
        self.state_type == StateType::Completed
    }

    /// Whether the value came from a record.
    pub fn is_cached(&self) -> bool {
        self.is_completed() && self.details.hit.is_some()
    }

    /// Whether the run ended with an error.
    pub fn is_failed(&self) -> bool {
        self.state_type == StateType::Failed
    }

    /// Whether the run was stopped from outside.
    pub fn is_crashed(&self) -> bool {
        self.state_type == StateType::Crashed
    }

    /// Whether the run has come to its end.
    pub fn is_final(&self) -> bool {
        self.state_type.is_final()
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = self.message.as_deref().map(|message| format!("'{message}'"));
        let type_name = self.state_type.as_str();
        let type_part = (!type_name.eq_ignore_ascii_case(&self.name)).then(|| format!("type={type_name}"));
        let parts: Vec<String> = message.into_iter().chain(type_part).collect();
        write!(formatter, "{}({})", self.name, parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_prints_its_type_only_where_its_name_does_not_say_it() {
        let timed_out = State::failed(FailureKind::TimedOut, "Task run exceeded timeout of 0.1 second(s)");
        assert_eq!(State::completed().to_string(), "Completed()");
        assert_eq!(State::cached().to_string(), "Cached(type=COMPLETED)");
        assert_eq!(State::failed(FailureKind::Raised, "no").to_string(), "Failed('no')");
        assert_eq!(timed_out.to_string(), "TimedOut('Task run exceeded timeout of 0.1 second(s)', type=FAILED)");
    }
}
