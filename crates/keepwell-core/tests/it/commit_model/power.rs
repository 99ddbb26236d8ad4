//! Power: what was renamed becomes durable one by one at any time, and a cut leaves what is durable.
//!
//! Nothing is assumed of the order in which a file system makes renames durable but what a barrier says.

use super::moves::{Event, Moves};
use super::state::{COUNT, Collector, Step, Visitor, Writer};

pub(super) fn moves(moves: &mut Moves<'_>) {
    let state = *moves.state;
    if state.cuts_left == 0 {
        return;
    }
    for at in 0..COUNT {
        if state.durable.heads[at] != state.storage.heads[at] {
            moves.change("a head becomes durable", |state| state.durable.heads[at] = state.storage.heads[at]);
        }
        if state.durable.decisions[at] != state.storage.decisions[at] {
            moves.change("a decision becomes durable", |state| {
                state.durable.decisions[at] = state.storage.decisions[at];
            });
        }
    }
    cut(moves);
}

/// Nobody survives it; the repairer and the collector begin anew.
fn cut(moves: &mut Moves<'_>) {
    let mut state = *moves.state;
    state.storage = state.durable;
    state.cuts_left = 0;
    for writer in &mut state.writers {
        let (told, is_committed) = (writer.told, writer.is_committed);
        *writer = Writer { step: Step::Done, told, is_committed, ..Writer::default() };
    }
    (state.reader, state.repairer, state.remover) = <(Visitor, Visitor, Visitor)>::default();
    state.collector = Collector::default();
    state.in_flight = None;
    moves.add("is cut", state, Event::PowerCut);
}
