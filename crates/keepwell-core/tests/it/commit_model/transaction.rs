//! The steps of a writer that commits several records: decision, intents, the commit point, and what follows it.

use super::mistakes::Mistake;
use super::moves::Event;
use super::request::Write;
use super::state::{Decision, Head, Step, Told, Writer};
use super::writer::Turn;

pub(super) fn moves(turn: &mut Turn<'_, '_>) {
    match turn.writer.step {
        Step::CreateDecision => turn.create_decision(),
        Step::ReadCreated => turn.read_created(),
        Step::ReadToIntend => turn.read_to_intend(),
        Step::Intend => turn.intend(),
        Step::Decide => turn.decide(),
        Step::ReadDecided => turn.read_decided(),
        Step::ReadToApply => turn.read_to_apply(),
        Step::Apply => turn.apply(),
        Step::RemoveDecision => turn.remove_decision(),
        Step::Abort => turn.abort(),
        _ => unreachable!("the other steps are every writer's"),
    }
}

impl Turn<'_, '_> {
    fn decision(&self) -> Decision {
        self.state.storage.decision(self.id())
    }

    fn create_decision(&mut self) {
        let done = |writer: &mut Writer| writer.go_to(Step::ReadToIntend);
        let read = |writer: &mut Writer| writer.go_to(Step::ReadCreated);
        let write = Write::Decision { expected: Decision::Absent, new: Decision::Pending };
        self.send("creates its decision", write, done, read, read);
    }

    fn read_created(&mut self) {
        let config = self.config;
        match self.decision() {
            Decision::Pending => self.change("finds its decision", |writer| writer.go_to(Step::ReadToIntend)),
            Decision::Absent => self.change("finds no decision", |writer| writer.go_to(Step::CreateDecision)),
            Decision::Aborted | Decision::Committed => {
                self.change("finds itself aborted", |writer| writer.give_up(&config, Told::Aborted));
            }
        }
    }

    fn read_to_intend(&mut self) {
        let (head, plan, id) = (self.head(), self.plan, self.id());
        if head.intent == id {
            self.change("finds its intent", |writer| writer.next_key(&plan, Step::ReadToIntend, Step::Decide));
        } else if self.is_fenced_off(head) {
            self.change("finds another claim", |writer| writer.go_to(Step::Abort));
        } else if head.intent != 0 {
            self.change("meets an intent", |writer| writer.resolve(head, Step::ReadToIntend));
        } else {
            self.change("reads to intend", |writer| (writer.snapshot, writer.step) = (head, Step::Intend));
        }
    }

    fn intend(&mut self) {
        let (plan, id, old) = (self.plan, self.id(), self.writer.snapshot);
        let new = match (Head { intent: id, ..old }) {
            new if self.config.has(Mistake::WriteDropsClaim) && old.nonce != id => new.unclaimed(),
            new => new,
        };
        let next = |writer: &mut Writer| writer.next_key(&plan, Step::ReadToIntend, Step::Decide);
        let again = |writer: &mut Writer| writer.go_to(Step::ReadToIntend);
        self.swap("intends", new, next, again, again);
    }

    /// The commit point. What was intended is durable before.
    fn decide(&mut self) {
        if self.config.power_cuts > 0
            && !self.config.has(Mistake::NoBarrierBeforeDecision)
            && self.state.durable != self.state.storage
        {
            let config = self.config;
            self.moves.change("makes its intents durable", |state| config.barrier(state));
            return;
        }
        let config = self.config;
        let done = |writer: &mut Writer| {
            writer.is_unsure = false;
            writer.go_to(Step::Settle);
        };
        let refused = |writer: &mut Writer| {
            if writer.is_unsure {
                writer.go_to(Step::ReadDecided);
            } else {
                writer.give_up(&config, Told::Aborted);
            }
        };
        let lost = |writer: &mut Writer| {
            writer.is_unsure = true;
            writer.go_to(Step::ReadDecided);
        };
        let write = Write::Decision { expected: Decision::Pending, new: Decision::Committed };
        self.send("decides", write, done, refused, lost);
    }

    /// After a lost reply: a decision that is gone may have been either.
    fn read_decided(&mut self) {
        let config = self.config;
        match self.decision() {
            Decision::Committed => self.change("finds itself committed", |writer| {
                writer.is_unsure = false;
                writer.go_to(Step::Settle);
            }),
            Decision::Aborted => {
                self.change("finds itself aborted", |writer| writer.give_up(&config, Told::Aborted));
            }
            Decision::Pending => self.change("finds it undecided", |writer| writer.go_to(Step::Decide)),
            Decision::Absent if config.has(Mistake::GoneMeansAborted) => {
                self.change("finds no decision", |writer| writer.give_up(&config, Told::Aborted));
            }
            Decision::Absent => self.change("finds no decision", |writer| writer.tell(Told::Unknown)),
        }
    }

    fn read_to_apply(&mut self) {
        let (head, plan, id) = (self.head(), self.plan, self.id());
        if self.config.has(Mistake::RemovesDecisionEarly) && self.writer.position > 0 {
            self.change("takes the rest as applied", |writer| writer.go_to(Step::RemoveDecision));
        } else if head.intent == id {
            self.change("reads to apply", |writer| (writer.snapshot, writer.step) = (head, Step::Apply));
        } else {
            self.change("finds it applied", |writer| {
                writer.next_key(&plan, Step::ReadToApply, Step::RemoveDecision);
            });
        }
    }

    fn apply(&mut self) {
        let (plan, old) = (self.plan, self.writer.snapshot);
        let new = match old.recorded(self.id()) {
            new if self.config.has(Mistake::ApplyDropsClaim) => new.unclaimed(),
            new => new,
        };
        let next = |writer: &mut Writer| writer.next_key(&plan, Step::ReadToApply, Step::RemoveDecision);
        let again = |writer: &mut Writer| writer.go_to(Step::ReadToApply);
        self.swap("applies", new, next, again, again);
    }

    /// Best effort, like all that follows the commit point: the applied heads are durable before.
    fn remove_decision(&mut self) {
        let (config, index, id) = (self.config, self.index, self.id());
        let mut state = self.state;
        if !config.has(Mistake::NoBarrierBeforeRemoval) {
            config.barrier(&mut state);
        }
        state.storage.decisions[usize::from(id) - 1] = Decision::Absent;
        state.writers[index].go_to(Step::Done);
        state.writers[index].position = 0;
        self.moves.add("removes its decision", state, Event::Quiet);
    }

    fn abort(&mut self) {
        let config = self.config;
        let ended = |writer: &mut Writer| writer.give_up(&config, Told::LeaseLost);
        let write = Write::Decision { expected: Decision::Pending, new: Decision::Aborted };
        self.send("aborts", write, ended, ended, ended);
    }
}
