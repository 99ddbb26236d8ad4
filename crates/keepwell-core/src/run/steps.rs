//! The steps that runs of tasks and of flows have in common.

use std::sync::Arc;

use super::{RetryPolicy, RunHooks, State, StateDetails, StateType};
use crate::action::Outside;
use crate::event::{Event, Problem};
use crate::hook::{Hook, HookMoment};
use crate::transaction;

/// Runs the hooks on a run that starts, or starts again.
pub(super) async fn enter_running(outside: &Outside, hooks: &RunHooks, attempt: u32) -> Vec<Problem> {
    let state = if attempt == 0 { State::running() } else { State::retrying() };
    run_hooks(outside, &hooks.running, &state, &StateDetails::default()).await
}

/// Says that the body will run again, and waits until it may.
pub(super) async fn wait_for_retry(
    outside: &Outside,
    kind: &'static str,
    retry: &RetryPolicy,
    run: &[u8; 16],
    attempt: u32,
    (message, is_state): (String, bool),
) {
    let delay = retry.delay_before(attempt, run);
    let (error, retries) = (message.into(), retry.retries);
    outside.report(Event::Retrying { run: kind, error, is_state, retry: attempt + 1, retries, delay });
    if !delay.is_zero() {
        outside.sleep(delay).await;
    }
}

/// Runs the hooks on a run that has come to its end, and gives its final state.
pub(super) async fn enter_final(
    outside: &Outside,
    hooks: &RunHooks,
    state: State,
    mut details: StateDetails,
) -> Arc<State> {
    let hooks = match state.state_type() {
        StateType::Completed => &hooks.completion,
        StateType::Crashed => &hooks.crashed,
        StateType::Cancelled => &hooks.cancellation,
        StateType::Failed | StateType::Scheduled | StateType::Pending | StateType::Running => &hooks.failure,
    };
    let problems = run_hooks(outside, hooks, &state, &details).await;
    details.problems.extend(problems);
    Arc::new(state.with_details(details))
}

/// Runs hooks in order; one that fails does not stop the others. None is run for a run that was abandoned.
async fn run_hooks(outside: &Outside, hooks: &[Hook], state: &State, details: &StateDetails) -> Vec<Problem> {
    if hooks.is_empty() {
        return Vec::new();
    }
    let state = Arc::new(state.clone().with_details(details.clone()));
    let mut problems = Vec::new();
    for hook in hooks.iter().cloned() {
        if outside.is_abandoned() {
            break;
        }
        let moment = HookMoment::Entered(Arc::clone(&state));
        // On the heap: most runs have no hooks.
        problems.extend(Box::pin(transaction::run_hook(outside, hook, moment)).await);
    }
    problems
}
