//! Removal of records: by keepwell, which keeps the claim that stands in a head, and by others, who take the whole head.

use super::mistakes::Mistake;
use super::moves::{Event, Moves};
use super::state::{COUNT, Head, Look, Visitor};

pub(super) fn moves(moves: &mut Moves<'_>) {
    by_others(moves);
    let (state, remover) = (*moves.state, moves.state.remover);
    match remover.look {
        Look::Head if state.removals_left > 0 => {
            for key in (0..COUNT).filter(|key| state.storage.heads[*key].record != 0) {
                read(moves, key);
            }
        }
        Look::Act => remove(moves, remover),
        Look::Head | Look::Decision | Look::Again => {}
    }
}

/// A foreign intent is left to the repairer: what a remover would do about it is the same.
fn read(moves: &mut Moves<'_>, key: usize) {
    let snapshot = moves.state.storage.heads[key];
    if snapshot.intent == 0 {
        let position = u8::try_from(key).unwrap();
        moves.change("reads to remove", |state| {
            state.remover = Visitor { look: Look::Act, position, snapshot, ..Visitor::default() };
        });
    }
}

fn remove(moves: &mut Moves<'_>, remover: Visitor) {
    let (mut state, key) = (*moves.state, usize::from(remover.position));
    state.remover = Visitor::default();
    if state.storage.heads[key] != remover.snapshot {
        moves.add("comes too late", state, Event::Quiet);
        return;
    }
    state.removals_left -= 1;
    let new = match remover.snapshot.without_record() {
        _ if moves.config.has(Mistake::RemovalDropsClaim) => Head::default(),
        new => new,
    };
    state.set_head(key, new, moves.config);
    moves.add("removes a record", state, Event::Removed { key });
}

/// Only heads without an intent: what is taken away between an intent and its decision is outside the protocol.
fn by_others(moves: &mut Moves<'_>) {
    let before = *moves.state;
    if before.outside_left == 0 {
        return;
    }
    for key in 0..COUNT {
        let head = before.storage.heads[key];
        if head.intent == 0 && head != Head::default() {
            let mut state = before;
            state.outside_left -= 1;
            state.set_head(key, Head::default(), moves.config);
            moves.add("a head is removed from outside", state, Event::RemovedOutside { key });
        }
    }
}
