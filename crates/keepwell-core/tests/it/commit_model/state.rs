//! One state of the model: what the storage holds, and where every actor stands.
//!
//! A version is never stored. A head without claim and intent is the plain record, whose write id comes back with it; so
//! what an actor remembers of it is compared by value. Any other head was written under a fresh write id, so what is
//! remembered of it turns [`Head::STALE`] as soon as somebody writes there.

use super::config::Config;
use super::request::Request;

/// Of keys, and of writers with a transaction each.
pub(super) const COUNT: usize = 3;

/// The record that was there before anybody began; that of writer `w` is `w + 1`, and none is 0.
pub(super) const INITIAL: u8 = 4;

/// What is at a key. All zero is no head at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Head {
    /// The current record.
    pub(super) record: u8,
    /// The epoch of the claim that the current record's own header has.
    pub(super) spent: u8,
    /// The claim that stands here: its epoch, and as its nonce the claimer; zero where there is none.
    pub(super) epoch: u8,
    pub(super) nonce: u8,
    /// The transaction that has an intent here; zero where there is none.
    pub(super) intent: u8,
}

impl Head {
    /// What is remembered of a head that has been written over.
    pub(super) const STALE: Self = Self { record: u8::MAX, spent: 0, epoch: 0, nonce: 0, intent: 0 };

    /// Whether it is a record alone, or nothing at all.
    fn is_plain(self) -> bool {
        self.nonce == 0 && self.intent == 0
    }

    pub(super) fn claimed(self, id: u8) -> Self {
        Self { epoch: self.next_epoch(), nonce: id, ..self }
    }

    fn next_epoch(self) -> u8 {
        1 + if self.nonce == 0 { self.spent } else { self.epoch }
    }

    pub(super) fn unclaimed(self) -> Self {
        Self { epoch: 0, nonce: 0, ..self }
    }

    pub(super) fn without_record(self) -> Self {
        Self { record: 0, spent: 0, ..self }
    }

    /// With the record of `id`. The claim it was made under is spent; that of anybody else stands.
    pub(super) fn recorded(self, id: u8) -> Self {
        if self.nonce == id {
            Self { record: id, spent: self.epoch, ..Self::default() }
        } else {
            Self { record: id, spent: 0, intent: 0, ..self }
        }
    }
}

/// A decision object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Decision {
    #[default]
    Absent,
    Pending,
    Committed,
    Aborted,
}

/// Where a writer stands. Each step ends in one request to the storage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Step {
    #[default]
    Start,
    ReadToClaim,
    Claim,
    Body,
    ReadToWrite,
    Write,
    CreateDecision,
    ReadCreated,
    ReadToIntend,
    Intend,
    Decide,
    ReadDecided,
    Settle,
    ReadToApply,
    Apply,
    RemoveDecision,
    Abort,
    ReadToUnclaim,
    Unclaim,
    /// Reads the decision of the foreign intent in the snapshot, to resolve it and come back to `Writer::after`.
    ReadForeign,
    Resolve,
    Done,
}

/// What a writer's caller was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Told {
    #[default]
    Nothing,
    Committed,
    Aborted,
    LeaseLost,
    Unknown,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Writer {
    pub(super) step: Step,
    /// Which of its keys it is at.
    pub(super) position: u8,
    /// The head as last read there.
    pub(super) snapshot: Head,
    /// A foreign intent that it resolves, its decision as last read, and what it does then.
    pub(super) foreign: u8,
    pub(super) seen: Decision,
    pub(super) after: Step,
    /// The epochs of the claims it holds, by key.
    pub(super) epochs: [u8; COUNT],
    /// Whether a reply to its deciding write was lost.
    pub(super) is_unsure: bool,
    pub(super) told: Told,
    /// Known to the checker alone: its record has become visible; a claim was made on a key after the last of its own.
    pub(super) is_committed: bool,
    /// A bit for each key.
    pub(super) superseded: u8,
    /// Whether that has ever been so, at any key.
    pub(super) was_superseded: bool,
}

/// Where the reader, the repairer or the remover stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Look {
    #[default]
    Head,
    Decision,
    Again,
    Act,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Visitor {
    pub(super) look: Look,
    /// Which of its keys it is at; for repairer and remover, which key.
    pub(super) position: u8,
    /// The head as last read there, and what was in it.
    pub(super) snapshot: Head,
    pub(super) intent: u8,
    pub(super) record: u8,
    /// The decision as last read of that intent.
    pub(super) seen: Decision,
    /// Known to the checker alone: a bit for each record that was visible at the key since the look began.
    pub(super) visible_since: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Collector {
    /// The transaction it is at, or zero; and the key it looks at next.
    pub(super) transaction: u8,
    pub(super) key: u8,
}

/// What the storage holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Storage {
    pub(super) heads: [Head; COUNT],
    pub(super) decisions: [Decision; COUNT],
}

impl Storage {
    /// The record that a look-up of `key` comes to when nothing else moves.
    pub(super) fn visible(&self, key: usize) -> u8 {
        let head = self.heads[key];
        match head.intent {
            0 => head.record,
            id if self.decision(id) == Decision::Committed => id,
            _ => head.record,
        }
    }

    pub(super) fn all_visible(&self) -> [u8; COUNT] {
        std::array::from_fn(|key| self.visible(key))
    }

    pub(super) fn decision(&self, id: u8) -> Decision {
        self.decisions[usize::from(id) - 1]
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) storage: Storage,
    /// What a power cut leaves; all zero in a model without power cuts.
    pub(super) durable: Storage,
    pub(super) writers: [Writer; COUNT],
    pub(super) reader: Visitor,
    pub(super) repairer: Visitor,
    pub(super) remover: Visitor,
    pub(super) collector: Collector,
    /// A request whose sender no longer waits for it.
    pub(super) in_flight: Option<Request>,
    /// How often what is not of the protocol may still happen.
    pub(super) faults_left: u8,
    pub(super) removals_left: u8,
    pub(super) outside_left: u8,
    pub(super) cuts_left: u8,
    /// Known to the checker alone, in a model with power cuts: who committed, in order.
    pub(super) order: [u8; COUNT],
}

impl State {
    /// Writes a head; whoever remembers the one before it remembers a stale version.
    pub(super) fn set_head(&mut self, key: usize, new: Head, config: &Config) {
        let old = std::mem::replace(&mut self.storage.heads[key], new);
        if old.is_plain() {
            return;
        }
        let forget = |snapshot: &mut Head| {
            if *snapshot == old {
                *snapshot = Head::STALE;
            }
        };
        for (writer, plan) in self.writers.iter_mut().zip(&config.writers) {
            if plan.keys.get(usize::from(writer.position)) == Some(&key) {
                forget(&mut writer.snapshot);
            }
        }
        if config.reader.get(usize::from(self.reader.position)) == Some(&key) {
            forget(&mut self.reader.snapshot);
        }
        for visitor in [&mut self.repairer, &mut self.remover] {
            if usize::from(visitor.position) == key {
                forget(&mut visitor.snapshot);
            }
        }
        if let Some(request) = &mut self.in_flight {
            request.forget(key, old);
        }
    }
}
