//! A reader that looks up several keys, one after another.

use super::mistakes::Mistake;
use super::moves::{Event, Moves};
use super::state::{Decision, Head, Look, Visitor};

impl Visitor {
    fn remember(&mut self, head: Head) {
        self.look = Look::Decision;
        (self.snapshot, self.intent, self.record) = (head, head.intent, head.record);
    }
}

pub(super) fn moves(moves: &mut Moves<'_>) {
    let (state, reader) = (*moves.state, moves.state.reader);
    let Some(&key) = moves.config.reader.get(usize::from(reader.position)) else { return };
    let head = state.storage.heads[key];
    match reader.look {
        Look::Head if head.intent == 0 => found(moves, head.record),
        Look::Head => moves.change("reads a head", |state| {
            state.reader.remember(head);
            state.reader.visible_since = 1 << state.storage.visible(key);
        }),
        Look::Decision => read_decision(moves, reader),
        Look::Again if head == reader.snapshot => found(moves, head.record),
        Look::Again if head.intent == 0 => found(moves, head.record),
        Look::Again => moves.change("reads another head", |state| state.reader.remember(head)),
        Look::Act => {}
    }
}

fn read_decision(moves: &mut Moves<'_>, reader: Visitor) {
    let Visitor { intent, record, .. } = reader;
    match moves.state.storage.decision(intent) {
        Decision::Committed => found(moves, intent),
        Decision::Pending if moves.config.has(Mistake::ReadsPending) => found(moves, intent),
        Decision::Absent if moves.config.has(Mistake::NoReread) => found(moves, record),
        Decision::Pending if moves.config.has(Mistake::NoRereadOfPending) => found(moves, record),
        Decision::Pending | Decision::Aborted | Decision::Absent => {
            moves.change("finds no commit", |state| state.reader.look = Look::Again);
        }
    }
}

fn found(moves: &mut Moves<'_>, record: u8) {
    let mut state = *moves.state;
    let position = state.reader.position + 1;
    state.reader = Visitor { position, ..Visitor::default() };
    moves.add("finds a record", state, Event::Read { record });
}
