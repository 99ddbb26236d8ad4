//! Repair of heads with intents: by whoever meets them, and by one who looks for them everywhere at any time.

use super::config::Config;
use super::mistakes::Mistake;
use super::moves::{Event, Moves};
use super::state::{COUNT, Decision, Head, Look, State, Visitor};

/// An intent that was met: the head then, and the decision as read after.
pub(super) struct Met {
    pub(super) key: usize,
    pub(super) snapshot: Head,
    pub(super) intent: u8,
    pub(super) seen: Decision,
}

/// Acts on an intent whose decision has been read: applies or clears it if the head is unchanged, or aborts a decision
/// that is still open. When to lose patience with an open one is not modelled: it may be aborted at any time.
pub(super) fn act(config: &Config, state: &mut State, met: &Met) {
    let Met { key, snapshot, intent: id, seen } = *met;
    let seen = if config.has(Mistake::ClearsPending) && seen == Decision::Pending { Decision::Absent } else { seen };
    match config.repaired(snapshot, seen) {
        Some(new) if state.storage.heads[key] == snapshot => {
            if seen == Decision::Committed && !config.has(Mistake::NoBarrierBeforeApplying) {
                config.barrier(state);
            }
            state.set_head(key, new, config);
        }
        None if state.storage.decision(id) == Decision::Pending => {
            state.storage.decisions[usize::from(id) - 1] = Decision::Aborted;
        }
        Some(_) | None => {}
    }
}

pub(super) fn moves(moves: &mut Moves<'_>) {
    let state = *moves.state;
    let repairer = state.repairer;
    if !moves.config.has_repairer {
        return;
    }
    match repairer.look {
        Look::Head => {
            for key in (0..COUNT).filter(|key| state.storage.heads[*key].intent != 0) {
                let position = u8::try_from(key).unwrap();
                let snapshot = state.storage.heads[key];
                let intent = snapshot.intent;
                moves.change("meets an intent", |state| {
                    state.repairer = Visitor { look: Look::Decision, position, snapshot, intent, ..Visitor::default() };
                });
            }
        }
        Look::Decision => {
            let seen = state.storage.decision(repairer.intent);
            moves.change("reads the decision", |state| {
                (state.repairer.look, state.repairer.seen) = (Look::Act, seen);
            });
        }
        Look::Act | Look::Again => {
            let mut state = state;
            let Visitor { snapshot, intent, seen, .. } = repairer;
            act(moves.config, &mut state, &Met { key: usize::from(repairer.position), snapshot, intent, seen });
            state.repairer = Visitor::default();
            moves.add("acts", state, Event::Quiet);
        }
    }
}
