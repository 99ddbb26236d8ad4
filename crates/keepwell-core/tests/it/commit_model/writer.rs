//! A writer: claims if it is serializable, runs its body, and commits one record or a transaction.
//!
//! What belongs to a transaction alone is in [`super::transaction`].

use super::config::{Config, Isolation, Plan};
use super::mistakes::Mistake;
use super::moves::{Event, Moves};
use super::repairer::{self, Met};
use super::request::{Replies, Request, Write, send};
use super::state::{Decision, Head, State, Step, Told, Writer};
use super::transaction;

/// A writer about to move.
pub(super) struct Turn<'a, 'b> {
    pub(super) moves: &'a mut Moves<'b>,
    pub(super) config: Config,
    pub(super) state: State,
    pub(super) index: usize,
    pub(super) plan: Plan,
    pub(super) writer: Writer,
}

pub(super) fn moves(moves: &mut Moves<'_>, index: usize) {
    let (config, state) = (*moves.config, *moves.state);
    let plan = config.writers[index];
    if plan.keys.is_empty() {
        return;
    }
    let mut turn = Turn { moves, config, state, index, plan, writer: state.writers[index] };
    match turn.writer.step {
        Step::Start => turn.begin(),
        Step::ReadToClaim => turn.read_to_claim(),
        Step::Claim => turn.claim(),
        Step::Body => turn.run_body(),
        Step::ReadToWrite => turn.read_to_write(),
        Step::Write => turn.write(),
        Step::Settle => turn.settle(),
        Step::ReadToUnclaim => turn.read_to_unclaim(),
        Step::Unclaim => turn.unclaim(),
        Step::ReadForeign => turn.read_foreign(),
        Step::Resolve => turn.resolve(),
        Step::Done => {}
        Step::CreateDecision
        | Step::ReadCreated
        | Step::ReadToIntend
        | Step::Intend
        | Step::Decide
        | Step::ReadDecided
        | Step::ReadToApply
        | Step::Apply
        | Step::RemoveDecision
        | Step::Abort => transaction::moves(&mut turn),
    }
}

impl Turn<'_, '_> {
    /// Its transaction's id, its record and its nonce.
    pub(super) fn id(&self) -> u8 {
        u8::try_from(self.index + 1).unwrap()
    }

    pub(super) fn key(&self) -> usize {
        self.plan.keys[usize::from(self.writer.position)]
    }

    pub(super) fn head(&self) -> Head {
        self.state.storage.heads[self.key()]
    }

    pub(super) fn change(&mut self, what: &'static str, change: impl FnOnce(&mut Writer)) {
        let index = self.index;
        self.moves.change(what, |state| change(&mut state.writers[index]));
    }

    /// Swaps the snapshot for a head that is made of it.
    pub(super) fn swap(
        &mut self,
        what: &'static str,
        new: Head,
        done: impl Fn(&mut Writer),
        refused: impl Fn(&mut Writer),
        lost: impl Fn(&mut Writer),
    ) {
        let key = u8::try_from(self.key()).unwrap();
        self.send(what, Write::Head { key, expected: self.writer.snapshot, new }, done, refused, lost);
    }

    pub(super) fn send(
        &mut self,
        what: &'static str,
        write: Write,
        done: impl Fn(&mut Writer),
        refused: impl Fn(&mut Writer),
        lost: impl Fn(&mut Writer),
    ) {
        let request = Request { writer: self.id() - 1, write };
        send(self.moves, what, request, &Replies { done, refused, lost });
    }

    /// Whether the head's claim is not the one it holds there, and that matters.
    pub(super) fn is_fenced_off(&self, head: Head) -> bool {
        let held = self.writer.epochs[self.key()];
        if self.plan.isolation == Isolation::ReadCommitted || self.config.has(Mistake::NoFence) || held == 0 {
            return false;
        }
        if self.config.has(Mistake::GreaterOrEqual) {
            return held < head.epoch;
        }
        (head.epoch, head.nonce) != (held, self.id())
    }

    fn begin(&mut self) {
        let is_serializable = self.plan.isolation == Isolation::Serializable;
        if is_serializable && self.config.has(Mistake::NoClaim) {
            let mut state = self.state;
            state.writers[self.index].step = Step::Body;
            self.moves.add("goes on without a claim", state, Event::Claimed { writer: self.index, key: self.key() });
        } else if is_serializable {
            self.change("begins", |writer| writer.step = Step::ReadToClaim);
        } else {
            self.change("begins", |writer| writer.step = Step::Body);
        }
    }

    fn read_to_claim(&mut self) {
        let (head, id, key, plan) = (self.head(), self.id(), self.key(), self.plan);
        if head.nonce == id {
            self.change("finds its claim", |writer| {
                writer.epochs[key] = head.epoch;
                writer.next_key(&plan, Step::ReadToClaim, Step::Body);
            });
        } else if head.intent != 0 && !self.config.has(Mistake::ClaimIgnoresIntent) {
            self.change("meets an intent", |writer| writer.resolve(head, Step::ReadToClaim));
        } else {
            self.change("reads to claim", |writer| (writer.snapshot, writer.step) = (head, Step::Claim));
        }
    }

    fn claim(&mut self) {
        let (key, plan, new) = (self.key(), self.plan, self.writer.snapshot.claimed(self.id()));
        let done = |writer: &mut Writer| {
            writer.epochs[key] = new.epoch;
            writer.next_key(&plan, Step::ReadToClaim, Step::Body);
        };
        let again = |writer: &mut Writer| writer.go_to(Step::ReadToClaim);
        self.swap("claims", new, done, again, again);
    }

    fn run_body(&mut self) {
        let step = if self.plan.is_one_record() { Step::ReadToWrite } else { Step::CreateDecision };
        self.change("has its results", |writer| writer.go_to(step));
        if self.plan.may_roll_back {
            let config = self.config;
            self.change("rolls back", |writer| writer.give_up(&config, Told::Aborted));
        }
    }

    fn read_to_write(&mut self) {
        let (head, id, config) = (self.head(), self.id(), self.config);
        if self.writer.is_unsure && !config.has(Mistake::RetriesBlindly) {
            self.read_after_lost_reply(head);
        } else if self.is_fenced_off(head) {
            self.change("finds another claim", |writer| writer.give_up(&config, Told::LeaseLost));
        } else if head.intent != 0 && !config.has(Mistake::OneRecordIgnoresIntent) {
            self.change("meets an intent", |writer| writer.resolve(head, Step::ReadToWrite));
        } else {
            debug_assert!(head.intent != id, "one record has no intent");
            self.change("reads to write", |writer| (writer.snapshot, writer.step) = (head, Step::Write));
        }
    }

    /// The write id tells: that of the head, or of the current record within. Where the head is still as it was, the
    /// same bytes are sent again. Otherwise nothing is known: the write may have been and be gone, or be still to come.
    fn read_after_lost_reply(&mut self, head: Head) {
        let config = self.config;
        if head.record == self.id() {
            self.change("finds its record", |writer| writer.go_to(Step::Settle));
        } else if head == self.writer.snapshot {
            self.change("finds the head unchanged", |writer| writer.step = Step::Write);
        } else if config.has(Mistake::LostMeansAborted) {
            self.change("finds another write", |writer| writer.tell(Told::Aborted));
        } else {
            self.change("finds another write", |writer| writer.tell(Told::Unknown));
        }
    }

    fn write(&mut self) {
        let (old, id) = (self.writer.snapshot, self.id());
        let new = match old.recorded(id) {
            new if self.config.has(Mistake::WriteDropsClaim) => new.unclaimed(),
            new => new,
        };
        let done = |writer: &mut Writer| writer.go_to(Step::Settle);
        // The snapshot stays: after a lost reply it is compared with.
        let again = |writer: &mut Writer| writer.step = Step::ReadToWrite;
        let refused = |writer: &mut Writer| {
            if writer.is_unsure { again(writer) } else { writer.go_to(Step::ReadToWrite) }
        };
        let lost = |writer: &mut Writer| {
            writer.is_unsure = true;
            again(writer);
        };
        self.swap("writes", new, done, refused, lost);
    }

    /// Waits until what was committed is durable, then tells the caller.
    fn settle(&mut self) {
        let (config, index) = (self.config, self.index);
        let next = if self.plan.is_one_record() { Step::Done } else { Step::ReadToApply };
        self.moves.change("tells that it is committed", |state| {
            if !config.has(Mistake::NoBarrierBeforeTelling) {
                config.barrier(state);
            }
            state.writers[index].told = Told::Committed;
            state.writers[index].go_to(next);
        });
    }

    fn read_to_unclaim(&mut self) {
        let (head, plan, id) = (self.head(), self.plan, self.id());
        let is_ours = head.nonce == id || self.config.has(Mistake::UnclaimsAnother) && head.nonce != 0;
        if is_ours {
            self.change("reads to give back", |writer| (writer.snapshot, writer.step) = (head, Step::Unclaim));
        } else {
            self.change("has nothing to give back", |writer| {
                writer.next_key(&plan, Step::ReadToUnclaim, Step::Done);
            });
        }
    }

    /// Takes its claim away, with its own intent that came to nothing.
    fn unclaim(&mut self) {
        let (plan, id, old) = (self.plan, self.id(), self.writer.snapshot);
        let intent = if old.intent == id { 0 } else { old.intent };
        let new = match old.unclaimed() {
            _ if self.config.has(Mistake::UnclaimDropsRecord) => Head::default(),
            new if self.config.has(Mistake::UnclaimDropsIntent) => Head { intent: 0, ..new },
            new => Head { intent, ..new },
        };
        let next = |writer: &mut Writer| writer.next_key(&plan, Step::ReadToUnclaim, Step::Done);
        let again = |writer: &mut Writer| writer.go_to(Step::ReadToUnclaim);
        self.swap("gives back", new, next, again, next);
    }

    fn read_foreign(&mut self) {
        let decision = self.state.storage.decision(self.writer.foreign);
        self.change("reads a foreign decision", |writer| (writer.seen, writer.step) = (decision, Step::Resolve));
    }

    fn resolve(&mut self) {
        let (key, index) = (self.key(), self.index);
        let mut state = self.state;
        let met = Met { key, snapshot: self.writer.snapshot, intent: self.writer.foreign, seen: self.writer.seen };
        repairer::act(&self.config, &mut state, &met);
        let writer = &mut state.writers[index];
        writer.go_to(self.writer.after);
        (writer.foreign, writer.seen, writer.after) = (0, Decision::Absent, Step::Start);
        self.moves.add("resolves", state, Event::Quiet);
    }
}

impl Writer {
    /// Goes on without what it remembered.
    pub(super) fn go_to(&mut self, step: Step) {
        self.snapshot = Head::default();
        self.step = step;
    }

    /// Does `step` for the next key, or `then` after the last.
    pub(super) fn next_key(&mut self, plan: &Plan, step: Step, then: Step) {
        if usize::from(self.position) + 1 < plan.keys.len() {
            self.position += 1;
            self.go_to(step);
        } else {
            self.position = 0;
            self.go_to(then);
        }
    }

    pub(super) fn resolve(&mut self, head: Head, after: Step) {
        self.snapshot = head;
        self.foreign = head.intent;
        self.step = Step::ReadForeign;
        self.after = after;
    }

    /// Ends without a further write.
    pub(super) fn tell(&mut self, told: Told) {
        self.told = told;
        self.position = 0;
        self.is_unsure = false;
        self.go_to(Step::Done);
    }

    /// Ends, giving back the claims that it holds.
    pub(super) fn give_up(&mut self, config: &Config, told: Told) {
        self.tell(told);
        let holds_claims = self.epochs.iter().any(|epoch| *epoch != 0);
        if holds_claims && !config.has(Mistake::NoClaim) {
            self.step = Step::ReadToUnclaim;
        }
    }
}
