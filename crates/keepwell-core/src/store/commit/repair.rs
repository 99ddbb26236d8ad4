//! Repair: what whoever meets an intent does about it. A committed one is applied, an aborted one cleared, and one whose
//! transaction is stuck is aborted first.

use std::time::Duration;

use bytes::Bytes;

use super::decisions::{self, Found};
use super::heads::{Heads, Standing};
use crate::Error;
use crate::clock::Clock;
use crate::id::TransactionId;
use crate::key::CacheKey;
use crate::mistake::{self, Mistake};
use crate::record::{Claim, Decision, DecisionState, Envelope, Intent, inspect_head};
use crate::storage::{Durability, StorageFault};
use crate::store::fetch::failure;

/// How long an undecided transaction is watched, on the watcher's own clock, before it is aborted.
const WATCHED: Duration = Duration::from_secs(10);

/// How old an undecided transaction is by the clock of its writer when it is aborted at once: longer than clocks differ.
const OLD: Duration = Duration::from_secs(60);

/// How long the owner of a committed transaction is left to apply it alone.
const LEFT_ALONE: Duration = Duration::from_millis(20);

/// Whether whoever commits the transaction will not finish it: it is known dead, or ought to have been done long ago.
pub(super) fn is_abandoned(decision: &Decision, clock: &dyn Clock) -> bool {
    decision.owner.is_known_dead() || decision.created.after(OLD) < clock.now()
}

impl Heads<'_> {
    /// What stands at the key once no intent does.
    pub(super) fn settled(&self, key: &CacheKey) -> Result<Standing, Error> {
        loop {
            let standing = self.read(key)?;
            match &standing.intent {
                Some(intent) if !mistake::is_planted(Mistake::WriterIgnoresIntent) => {
                    self.resolve(key, &standing, intent)?;
                }
                Some(_) | None => return Ok(standing),
            }
        }
    }

    /// Sees to it that the intent is gone, waiting for its transaction as long as that may take.
    fn resolve(&self, key: &CacheKey, standing: &Standing, intent: &Intent) -> Result<(), Error> {
        let clock = self.store.clock();
        let (began, transaction) = (clock.monotonic(), intent.transaction);
        let coordinator = decisions::coordinator_of(self, &intent.coordinator)?;
        loop {
            let waited = clock.monotonic().saturating_sub(began);
            match decisions::read(self.store, &*coordinator, transaction)? {
                Found::Absent | Found::Damaged => return self.clear_if_unchanged(key, standing),
                Found::Decision(decision, version) => match decision.state {
                    DecisionState::Pending if mistake::is_planted(Mistake::PendingTakenForAborted) => {
                        return self.clear_if_unchanged(key, standing);
                    }
                    DecisionState::Aborted => return self.clear_if_unchanged(key, standing),
                    DecisionState::Committed if waited >= LEFT_ALONE || decision.owner.is_known_dead() => {
                        // The owner may not have made its decision last yet, and what follows from it must not outlive it.
                        self.store.retrying(|| coordinator.barrier())?;
                        return self.apply(key, transaction);
                    }
                    DecisionState::Pending if waited >= WATCHED || is_abandoned(&decision, &**clock) => {
                        match decisions::change(&*coordinator, &decision, &version, DecisionState::Aborted) {
                            Ok(()) | Err(StorageFault::Precondition | StorageFault::Unknown(_)) => {}
                            Err(fault @ StorageFault::Unavailable(_)) => return Err(failure(fault)),
                        }
                    }
                    DecisionState::Committed | DecisionState::Pending => self.store.pause(),
                },
            }
            if !self.read(key)?.has_intent_of(transaction) {
                return Ok(());
            }
        }
    }

    /// Puts the intent's record in its place, if the intent is still there. To be asked once it is committed.
    pub(super) fn apply(&self, key: &CacheKey, transaction: TransactionId) -> Result<(), Error> {
        let standing = self.read(key)?;
        let Some(intent) = standing.intent.as_ref().filter(|intent| intent.transaction == transaction) else {
            return Ok(());
        };
        let after = self.applied(key, &standing, intent);
        let is_ours = |now: &Standing| !now.has_intent_of(transaction);
        self.send(key, &standing.fetched, &after, Durability::Ordered, is_ours).seen_to()
    }

    /// What stands at the key once the intent is applied. A claim stays, unless the transaction has spent it.
    pub(super) fn applied(&self, key: &CacheKey, standing: &Standing, intent: &Intent) -> Bytes {
        let spent = inspect_head(&intent.pending).map(|head| head.metadata.claim).ok();
        if standing.envelope_claim.is_standing() && spent != Some(standing.envelope_claim) {
            let current = Some(intent.pending.clone());
            return Envelope { current, ..self.envelope(key, standing) }.encode();
        }
        intent.pending.clone()
    }

    /// Takes the intent of a transaction that is not committed away, if it is there.
    pub(super) fn take_intent_away(&self, key: &CacheKey, transaction: TransactionId) -> Result<(), Error> {
        let standing = self.read(key)?;
        if standing.has_intent_of(transaction) { self.clear_if_unchanged(key, &standing) } else { Ok(()) }
    }

    /// Takes the intent away, if what stood there still does. An absent decision may have been made, applied and removed
    /// since the head was read: then the head is another by now.
    fn clear_if_unchanged(&self, key: &CacheKey, standing: &Standing) -> Result<(), Error> {
        let is_ours = |now: &Standing| now.intent.is_none();
        if standing.current.is_none() && !standing.envelope_claim.is_standing() {
            return self.remove(key, &standing.fetched).map(|_| ());
        }
        let after = match &standing.current {
            Some(current) if standing.envelope_claim == Claim::default() => current.head.clone(),
            Some(_) | None => self.envelope(key, standing).encode(),
        };
        self.send(key, &standing.fetched, &after, standing.durability_to_keep(), is_ours).seen_to()
    }
}
