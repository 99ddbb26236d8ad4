//! One run of a flow, from its beginning to its final state.
//!
//! A flow is not a transaction and has no key: it gives the tasks in it a flow run id, parameters and a name, and runs
//! again, under the same id, if it fails and may.

use std::sync::Arc;

use super::{RetryPolicy, RunHooks, State, StateDetails, steps};
use crate::action::{BodyOutcome, BodyReport, FailureKind, Outside, Procedure};
use crate::event::Event;
use crate::id::FlowRunId;

/// A flow call, with everything that was decided before it runs.
#[derive(Clone, Debug)]
pub struct FlowCall {
    /// The flow's name.
    pub flow_name: Arc<str>,
    /// The run's identifier, kept by its retries.
    pub id: FlowRunId,
    /// The run's name.
    pub name: Arc<str>,
    /// Whether it runs inside another flow.
    pub is_nested: bool,
    /// How often a failed body runs again.
    pub retry: RetryPolicy,
    /// Code to run at stated moments.
    pub hooks: RunHooks,
}

/// The run of a flow call.
#[derive(Debug)]
pub struct FlowRun {
    /// What it decides.
    pub procedure: Procedure<FlowRunEnd>,
}

/// How a flow run ended.
#[derive(Debug)]
pub struct FlowRunEnd {
    /// The final state. The front end has the value, or the user's own error.
    pub state: Arc<State>,
}

impl FlowRun {
    /// The run of `call`.
    pub fn new(call: FlowCall) -> Self {
        Self { procedure: Procedure::new(|outside| to_its_end(outside, call)) }
    }
}

async fn to_its_end(outside: Outside, call: FlowCall) -> FlowRunEnd {
    let began =
        Event::FlowBegan { name: call.flow_name.clone(), run_name: call.name.clone(), is_nested: call.is_nested };
    outside.report(began);
    let mut details = StateDetails::default();
    let mut attempt = 0;
    let state = loop {
        details.problems.extend(steps::enter_running(&outside, &call.hooks, attempt).await);
        let last = attempt >= call.retry.retries;
        let BodyReport { outcome, state, .. } = outside.run_body(None, attempt, last).await;
        let (kind, message, may_retry) = match outcome {
            BodyOutcome::Returned | BodyOutcome::Stopped => break state.unwrap_or_else(State::completed),
            BodyOutcome::Failed { kind, message, may_retry } => (kind, message, may_retry),
        };
        if last || !may_retry || kind == FailureKind::Crashed {
            break failed(&outside, kind, message, state);
        }
        steps::wait_for_retry(&outside, "Flow", &call.retry, call.id.as_bytes(), attempt, message).await;
        attempt += 1;
    };
    let state = steps::enter_final(&outside, &call.hooks, state, details).await;
    outside.report(Event::FlowFinished(Arc::clone(&state)));
    FlowRunEnd { state }
}

fn failed(outside: &Outside, kind: FailureKind, message: String, chosen: Option<State>) -> State {
    outside.report(Event::FlowFailed { error: message.as_str().into() });
    if let Some(state) = chosen {
        return state;
    }
    match kind {
        FailureKind::Raised => State::failed(kind, format!("Flow run encountered an exception: {message}")),
        FailureKind::TimedOut | FailureKind::Crashed => State::failed(kind, message),
    }
}
