//! Committing several records: intents in their heads, then one decision, then the records in their places.

use std::sync::Arc;

use bytes::Bytes;

use super::decisions::{self, Found};
use super::draft::Draft;
use super::heads::{Heads, name_of};
use super::{RACES, collect, outrun, unknown};
use crate::id::{TransactionId, WriteId};
use crate::mistake::{self, Mistake};
use crate::process::ProcessIdentity;
use crate::record::{Coordinator, Decision, DecisionState, Envelope, HeadPlace, Intent, LOCATION_LIMIT};
use crate::storage::{ConditionalWrite, Durability, ObjectName, ResultStorage, StorageFault};
use crate::store::fetch::{Fetched, failure};
use crate::{Error, ErrorKind};

/// How often a decision is asked for whose reply was lost.
const QUESTIONS: u32 = 20;

/// A transaction of several records on its way.
struct Commit<'d, 'a> {
    drafts: &'d mut [Draft<'a>],
    coordinator: Coordinator,
    storage: Arc<dyn ResultStorage>,
    decision: Decision,
    is_decision_made: bool,
    /// Whether something was written that may not last: it must before anything is decided.
    is_unflushed: bool,
}

/// Makes the records visible together. See [`commit`](super::commit).
pub(super) fn commit(drafts: &mut [Draft<'_>], transaction: TransactionId) -> Result<Vec<Error>, Error> {
    // In one order everywhere, so that two transactions of the same keys meet at the first.
    drafts.sort_by(|one, other| place(one).cmp(&place(other)));
    let due = collect::take_applied(&drafts[0].heads);
    let mut commit = Commit::new(drafts, transaction)?;
    let placed = commit.place_intents();
    collect::remove_applied(&commit.drafts[0].heads, due, placed.is_ok());
    let outcome = placed.and_then(|()| commit.put_results()).and_then(|()| commit.decide());
    match outcome {
        Ok(()) => {
            let mut problems = commit.apply();
            problems.extend(collect::once(commit.drafts[0].heads.store));
            Ok(problems)
        }
        Err(error) if error.kind() == ErrorKind::CommitUnknown => Err(error),
        Err(error) => {
            commit.withdraw();
            Err(error)
        }
    }
}

fn place<'d>(draft: &'d Draft<'_>) -> (&'d [u8; 16], &'d str) {
    (draft.heads.id.as_bytes(), draft.write.key.as_str())
}

impl<'d, 'a> Commit<'d, 'a> {
    fn new(drafts: &'d mut [Draft<'a>], transaction: TransactionId) -> Result<Self, Error> {
        let first = drafts[0].heads;
        let coordinator = Coordinator { store: first.id, location: first.storage.location() };
        if coordinator.location.len() > LOCATION_LIMIT {
            let message = format!("the location of a storage has more than {LOCATION_LIMIT} bytes");
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        if drafts.iter().any(|draft| draft.heads.id != first.id) {
            decisions::remember_coordinator(first.id, first.storage);
        }
        let heads = drafts.iter().map(|draft| HeadPlace {
            location: (draft.heads.id != first.id).then(|| draft.heads.storage.location()),
            key: draft.write.key.clone(),
        });
        let decision = Decision {
            transaction,
            state: DecisionState::Pending,
            write: WriteId::new(),
            created: first.store.clock().now(),
            owner: ProcessIdentity::own(),
            heads: heads.collect(),
        };
        let storage = Arc::clone(first.storage);
        Ok(Self { drafts, coordinator, storage, decision, is_decision_made: false, is_unflushed: false })
    }

    fn transaction(&self) -> TransactionId {
        self.decision.transaction
    }

    /// Puts the intent into every head, the undecided decision before them.
    fn place_intents(&mut self) -> Result<(), Error> {
        let mut left: Vec<usize> = (0..self.drafts.len()).collect();
        for _ in 0..RACES {
            let prepared = left.iter().map(|index| self.prepare(*index)).collect::<Result<Vec<_>, _>>()?;
            let mut batch: Vec<(usize, ConditionalWrite)> = left.into_iter().zip(prepared).collect();
            batch.retain(|(_, write)| !write.bytes.is_empty());
            left = self.place_batch(batch)?;
            if left.is_empty() {
                return self.flush();
            }
        }
        Err(outrun(&self.drafts[left[0]]))
    }

    fn flush(&self) -> Result<(), Error> {
        let barrier = |draft: &Draft<'a>| self.drafts[0].heads.store.retrying(|| draft.heads.storage.barrier());
        if self.is_unflushed { self.drafts.iter().try_for_each(barrier) } else { Ok(()) }
    }

    /// The head with the intent in it, as a write that has not been made; empty bytes where the intent is there already.
    fn prepare(&mut self, index: usize) -> Result<ConditionalWrite, Error> {
        let (transaction, coordinator) = (self.transaction(), self.coordinator.clone());
        let draft = &mut self.drafts[index];
        let key = &draft.write.key;
        let name = name_of(key);
        loop {
            let mut standing = draft.heads.read(key)?;
            if standing.has_intent_of(transaction) {
                return Ok(ConditionalWrite { name, bytes: Bytes::new(), expected: None });
            }
            if standing.intent.is_some() {
                standing = draft.heads.settled(key)?;
            }
            if let Fetched::Impossible(_) = standing.fetched {
                draft.heads.remove(key, &standing.fetched)?;
                continue;
            }
            draft.require_claim(&standing)?;
            let pending = draft.encode(&standing)?;
            let intent = Some(Intent { transaction, coordinator, pending });
            let bytes = Envelope { intent, ..draft.heads.envelope(key, &standing) }.encode();
            return Ok(ConditionalWrite { name, bytes, expected: standing.fetched.version() });
        }
    }

    /// Makes the writes in their order, those of one storage together, and returns which are to be tried again: the first
    /// that was outrun and all after it. Whoever has one intent waits for those after it alone, so nobody waits in a circle.
    fn place_batch(&mut self, batch: Vec<(usize, ConditionalWrite)>) -> Result<Vec<usize>, Error> {
        let mut rest = &batch[..];
        while let Some((first, _)) = rest.first() {
            let heads = self.drafts[*first].heads;
            let together = rest.iter().take_while(|(index, _)| self.drafts[*index].heads.id == heads.id).count();
            let done = self.write_together(&heads, &rest[..together])?;
            rest = &rest[done..];
            if done < together {
                break;
            }
        }
        Ok(rest.iter().map(|(index, _)| *index).collect())
    }

    /// Makes the writes, all in one storage, and returns how many of them were made before one was outrun.
    fn write_together(&mut self, heads: &Heads<'_>, batch: &[(usize, ConditionalWrite)]) -> Result<usize, Error> {
        let intents = batch.iter().map(|(_, write)| write.clone());
        let writes: Vec<_> = self.decision_to_make().into_iter().chain(intents).collect();
        let mut outcomes = heads.storage.write_many(&writes, Durability::Full).into_iter();
        if !self.is_decision_made {
            self.made(outcomes.next())?;
        }
        let mut made = 0;
        for outcome in outcomes {
            match outcome {
                Ok(()) => made += 1,
                Err(StorageFault::Precondition) => break,
                // It may have been written after all: what stands there tells.
                Err(StorageFault::Unknown(_)) => {
                    self.is_unflushed = true;
                    break;
                }
                Err(StorageFault::Unavailable(error)) => return Err(error),
            }
        }
        Ok(made)
    }

    fn decision_to_make(&self) -> Option<ConditionalWrite> {
        let name = ObjectName::Decision(self.transaction());
        (!self.is_decision_made).then(|| ConditionalWrite { name, bytes: self.decision.encode(), expected: None })
    }

    /// Takes note of what came of making the decision: nothing else was written unless it is there.
    fn made(&mut self, outcome: Option<Result<(), StorageFault>>) -> Result<(), Error> {
        match outcome {
            Some(Ok(())) => self.is_decision_made = true,
            Some(Err(StorageFault::Unknown(error))) => {
                let found = decisions::read(self.drafts[0].heads.store, &*self.storage, self.transaction())?;
                self.is_decision_made = matches!(found, Found::Decision(..));
                if !self.is_decision_made {
                    return Err(error);
                }
            }
            Some(Err(fault)) => return Err(failure(fault)),
            None => {
                return Err(Error::new(ErrorKind::Storage, "the storage made none of the writes that it was given"));
            }
        }
        Ok(())
    }

    fn put_results(&mut self) -> Result<(), Error> {
        self.drafts.iter_mut().try_for_each(Draft::put_result)
    }

    /// The commit point. Whatever is not certain afterwards is never reported as either outcome.
    fn decide(&self) -> Result<(), Error> {
        if mistake::is_planted(Mistake::DecideWithoutComparing) {
            let name = ObjectName::Decision(self.transaction());
            let committed = self.decision.with_state(DecisionState::Committed).encode();
            return self.storage.put(&name, committed, Durability::Full).map_err(failure);
        }
        let store = self.drafts[0].heads.store;
        let mut lost: Option<Error> = None;
        for _ in 0..QUESTIONS {
            let found = match decisions::read(store, &*self.storage, self.transaction()) {
                Ok(found) => found,
                Err(error) if lost.is_none() => return Err(error),
                Err(error) => return Err(self.unknown(error)),
            };
            match found {
                Found::Decision(decision, version) => match decision.state {
                    DecisionState::Committed => return Ok(()),
                    DecisionState::Aborted => return Err(aborted()),
                    DecisionState::Pending => {
                        match decisions::change(&*self.storage, &decision, &version, DecisionState::Committed) {
                            Ok(()) => return Ok(()),
                            Err(StorageFault::Precondition) => {}
                            Err(StorageFault::Unknown(error))
                                if mistake::is_planted(Mistake::UnknownTakenForAborted) =>
                            {
                                return Err(error);
                            }
                            Err(StorageFault::Unknown(error)) => {
                                lost = Some(error);
                                store.pause();
                            }
                            Err(StorageFault::Unavailable(error)) => match lost {
                                None => return Err(error),
                                Some(_) => return Err(self.unknown(error)),
                            },
                        }
                    }
                },
                Found::Absent | Found::Damaged => match lost {
                    // Aborted and taken away by others.
                    None => return Err(aborted()),
                    // Or committed, applied and taken away.
                    Some(error) => return Err(self.unknown(error)),
                },
            }
        }
        Err(self.unknown(lost.unwrap_or_else(|| Error::new(ErrorKind::Storage, "the decision kept changing"))))
    }

    fn unknown(&self, cause: Error) -> Error {
        unknown(&format!("transaction `{}` was committed in {}", self.transaction(), self.coordinator.location), cause)
    }

    /// Puts the records in their places. What fails is left to whoever meets it.
    fn apply(&mut self) -> Vec<Error> {
        let mut problems = Vec::new();
        for group in self.drafts.chunk_by(|one, other| one.heads.id == other.heads.id) {
            problems.extend(apply_group(group, self.decision.transaction));
        }
        if problems.is_empty() {
            collect::later(self.drafts[0].heads, self.transaction());
        }
        problems
    }

    /// Sees to it that nothing of the transaction is ever visible, as far as the storage lets it.
    fn withdraw(&self) {
        if !self.is_decision_made {
            return;
        }
        let store = self.drafts[0].heads.store;
        if let Ok(Found::Decision(decision, version)) = decisions::read(store, &*self.storage, self.transaction())
            && decision.state == DecisionState::Pending
        {
            // Whoever meets it aborts it, if this fails.
            let _ = decisions::change(&*self.storage, &decision, &version, DecisionState::Aborted);
        }
        let cleared =
            self.drafts.iter().map(|draft| draft.heads.take_intent_away(&draft.write.key, self.transaction()));
        if cleared.filter(Result::is_err).count() == 0 {
            let _ = self.storage.remove(&ObjectName::Decision(self.transaction()), None);
        }
    }
}

fn aborted() -> Error {
    Error::new(ErrorKind::Aborted, "the transaction was aborted by another process, which took this one for dead")
        .with_hint("was this process stopped for more than ten seconds while it committed?")
}

fn apply_group(group: &[Draft<'_>], transaction: TransactionId) -> Vec<Error> {
    let (mut writes, mut problems) = (Vec::new(), Vec::new());
    for draft in group {
        match prepare_applied(draft, transaction) {
            Ok(write) => writes.extend(write),
            Err(error) => problems.push(error),
        }
    }
    let mut rest = &writes[..];
    while !rest.is_empty() && problems.is_empty() {
        let outcomes = group[0].heads.storage.write_many(rest, Durability::Ordered);
        rest = &rest[outcomes.len()..];
        problems.extend(outcomes.into_iter().filter_map(not_applied));
    }
    problems
}

/// Why a record is not in its place, unless it is. A refused write means that somebody else has put it there.
fn not_applied(outcome: Result<(), StorageFault>) -> Option<Error> {
    match outcome {
        Ok(()) | Err(StorageFault::Precondition) => None,
        Err(StorageFault::Unavailable(error) | StorageFault::Unknown(error)) => Some(error),
    }
}

fn prepare_applied(draft: &Draft<'_>, transaction: TransactionId) -> Result<Option<ConditionalWrite>, Error> {
    let (key, heads) = (&draft.write.key, draft.heads);
    let standing = heads.read(key)?;
    let Some(intent) = standing.intent.as_ref().filter(|intent| intent.transaction == transaction) else {
        return Ok(None);
    };
    let bytes = heads.applied(key, &standing, intent);
    Ok(Some(ConditionalWrite { name: name_of(key), bytes, expected: standing.fetched.version() }))
}
