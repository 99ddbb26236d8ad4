//! A writer's conditional write, and what may become of it on its way: its reply may be lost, and it may be carried out
//! late or twice.

use super::config::Config;
use super::mistakes::Mistake;
use super::moves::{Event, Moves};
use super::state::{Decision, Head, State, Writer};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Request {
    pub(super) writer: u8,
    pub(super) write: Write,
}

/// What is written, over what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Write {
    Head { key: u8, expected: Head, new: Head },
    Decision { expected: Decision, new: Decision },
}

impl Request {
    /// The head that it expects has been written over.
    pub(super) fn forget(&mut self, at: usize, old: Head) {
        if let Write::Head { key, expected, .. } = &mut self.write
            && usize::from(*key) == at
            && *expected == old
        {
            *expected = Head::STALE;
        }
    }

    /// Whether the transaction's decision object may come of it, or an intent that needs one.
    pub(super) fn concerns(&self, id: u8) -> bool {
        self.writer + 1 == id
    }

    /// Carries it out; `None` where its condition does not hold.
    fn carry_out(&self, config: &Config, state: &mut State) -> Option<Event> {
        let writer = usize::from(self.writer);
        match self.write {
            Write::Head { key, expected, new } => {
                let key = usize::from(key);
                if state.storage.heads[key] != expected {
                    return None;
                }
                state.set_head(key, new, config);
                let id = self.writer + 1;
                Some(if new.nonce == id && expected.nonce != id {
                    Event::Claimed { writer, key }
                } else if new.record == id && !config.is_transaction(id) {
                    Event::Committed { writer }
                } else {
                    Event::Quiet
                })
            }
            Write::Decision { expected, new } => {
                let now = &mut state.storage.decisions[writer];
                if *now != expected && !(config.has(Mistake::BlindCommit) && new == Decision::Committed) {
                    return None;
                }
                *now = new;
                Some(if new == Decision::Committed { Event::Committed { writer } } else { Event::Quiet })
            }
        }
    }
}

/// What a writer does when it knows what became of its request.
pub(super) struct Replies<D, R, L> {
    pub(super) done: D,
    /// The condition did not hold.
    pub(super) refused: R,
    /// No reply came.
    pub(super) lost: L,
}

/// Sends a request: everything that may become of it is a move.
pub(super) fn send<D, R, L>(moves: &mut Moves<'_>, what: &'static str, request: Request, replies: &Replies<D, R, L>)
where
    D: Fn(&mut Writer),
    R: Fn(&mut Writer),
    L: Fn(&mut Writer),
{
    let index = usize::from(request.writer);
    let (config, before) = (moves.config, *moves.state);
    let mut carried = before;
    let event = request.carry_out(config, &mut carried);
    let mut answered = carried;
    match event {
        Some(_) => (replies.done)(&mut answered.writers[index]),
        None => (replies.refused)(&mut answered.writers[index]),
    }
    moves.add(what, answered, event.unwrap_or(Event::Quiet));
    if before.faults_left == 0 {
        return;
    }
    if let Some(event) = event {
        let mut state = carried;
        (replies.lost)(&mut state.writers[index]);
        moves.add_fault("the reply is lost", state, event);
    }
    let mut state = before;
    (replies.lost)(&mut state.writers[index]);
    if before.in_flight.is_some() {
        moves.add_fault("the request is lost", state, Event::Quiet);
        return;
    }
    state.in_flight = Some(request);
    moves.add_fault("the request is delayed", state, Event::Quiet);
    if let Some(event) = request.carry_out(config, &mut state) {
        // The other copy stays in flight.
        state.writers[index] = before.writers[index];
        (replies.done)(&mut state.writers[index]);
        moves.add_fault("the request is doubled", state, event);
    }
}

/// The request in flight arrives.
pub(super) fn arrive(moves: &mut Moves<'_>) {
    let Some(request) = moves.state.in_flight else { return };
    let mut state = *moves.state;
    state.in_flight = None;
    let event = request.carry_out(moves.config, &mut state).unwrap_or(Event::Quiet);
    moves.add("a request arrives late", state, event);
}
