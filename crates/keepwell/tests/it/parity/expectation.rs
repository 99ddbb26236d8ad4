//! What came of a step, and what a scenario expected of it.

use serde_json::Value;

use super::log::{Log, matches};
use super::step::Step;

/// What came of a step.
#[derive(Default)]
pub(super) struct Outcome {
    /// The state's name, where there is a state.
    pub(super) name: Option<String>,
    /// The state's message.
    pub(super) message: Option<String>,
    pub(super) value: Option<Value>,
    /// What was raised in place of a value.
    pub(super) error: Option<String>,
    /// How often the body of a call ran.
    pub(super) runs: Option<u32>,
}

/// What is otherwise than `step` says it is the time after `repetition` others. `start` is where its part of the log
/// begins.
pub(super) fn complaints(step: &Step, outcome: &Outcome, repetition: usize, log: &Log, start: usize) -> Vec<String> {
    let found = [
        name(step, outcome, repetition),
        text("message", step.message.as_deref(), outcome.message.as_deref()),
        error(step, outcome),
        value(step, outcome),
        runs(step, outcome),
        step.log
            .as_ref()
            .and_then(|lines| log.expect_all(start, lines).err())
            .map(|lines| format!("the log is{lines}")),
        step.says.as_ref().and_then(|lines| log.expect_some(start, lines).err()),
    ];
    found.into_iter().flatten().collect()
}

fn name(step: &Step, outcome: &Outcome, repetition: usize) -> Option<String> {
    let expected = step.is.as_ref()?.at(repetition);
    (outcome.name.as_deref() != Some(expected)).then(|| {
        let Outcome { name, message, error, .. } = outcome;
        format!("is {}, not {expected} ({message:?}, {error:?})", name.as_deref().unwrap_or("nothing"))
    })
}

fn text(what: &str, expected: Option<&str>, actual: Option<&str>) -> Option<String> {
    let expected = expected?;
    let is_so = actual.is_some_and(|actual| matches(expected, actual));
    (!is_so).then(|| format!("{what} is {actual:?}, not {expected:?}"))
}

/// An error that a block fails with on purpose needs no mention.
fn error(step: &Step, outcome: &Outcome) -> Option<String> {
    match (&step.error, &outcome.error) {
        (None, Some(actual)) if step.fails == 0 => Some(format!("raised `{actual}`")),
        (expected, actual) => text("error", expected.as_deref(), actual.as_deref()),
    }
}

fn value(step: &Step, outcome: &Outcome) -> Option<String> {
    let expected = step.value.as_ref()?;
    (outcome.value.as_ref() != Some(expected)).then(|| format!("value is {:?}, not {expected}", outcome.value))
}

/// Without a number, a body has run once if the call is completed and has not if it is cached.
fn runs(step: &Step, outcome: &Outcome) -> Option<String> {
    let actual = outcome.runs?;
    let usual = match outcome.name.as_deref() {
        Some("Completed") => Some(1),
        Some("Cached") => Some(0),
        Some(_) | None => None,
    };
    let expected = step.runs.or(usual)?;
    (actual != expected).then(|| format!("the body ran {actual} times, not {expected}"))
}
