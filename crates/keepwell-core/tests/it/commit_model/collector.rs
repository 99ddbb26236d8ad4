//! The collector: removes decided decisions that no head needs any more, looking at one head after another.

use super::mistakes::Mistake;
use super::moves::Moves;
use super::state::{Collector, Decision, State};

pub(super) fn moves(moves: &mut Moves<'_>) {
    let (state, collector) = (*moves.state, moves.state.collector);
    if !moves.config.has_collector {
        return;
    }
    if collector.transaction == 0 {
        for id in (1..=3).filter(|id| is_decided(&state, *id)) {
            moves.change("finds a decided transaction", |state| {
                state.collector = Collector { transaction: id, key: 0 };
            });
        }
        return;
    }
    let id = collector.transaction;
    let keys = moves.config.writers[usize::from(id) - 1].keys;
    let position = usize::from(collector.key);
    let is_through = position == keys.len()
        || moves.config.has(Mistake::CollectsEarly)
        || moves.config.has(Mistake::CollectsByOneKey) && position > 0;
    if is_through {
        remove(moves, id);
    } else if state.storage.heads[keys[position]].intent == id {
        moves.change("finds an intent", |state| state.collector = Collector::default());
    } else {
        moves.change("finds no intent", |state| state.collector.key += 1);
    }
}

/// A decision is kept for longer than any request can be on its way, and until the applied heads are durable.
fn remove(moves: &mut Moves<'_>, id: u8) {
    let is_young = moves.state.in_flight.is_some_and(|request| request.concerns(id));
    if is_young && !moves.config.has(Mistake::CollectsYoung) {
        moves.change("finds a young decision", |state| state.collector = Collector::default());
        return;
    }
    let config = moves.config;
    moves.change("removes a decision", |state| {
        if !config.has(Mistake::NoBarrierBeforeRemoval) {
            config.barrier(state);
        }
        state.collector = Collector::default();
        if is_decided(state, id) {
            state.storage.decisions[usize::from(id) - 1] = Decision::Absent;
        }
    });
}

fn is_decided(state: &State, id: u8) -> bool {
    matches!(state.storage.decision(id), Decision::Committed | Decision::Aborted)
}
