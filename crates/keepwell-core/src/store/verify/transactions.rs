//! Transactions: what is left of those that nobody will finish, and records that contradict a decision.

use std::time::Duration;

use super::Trouble;
use super::ill::{Cure, Ill};
use crate::id::TransactionId;
use crate::key::CacheKey;
use crate::record::{Decision, DecisionState, HeadObject, Intent, StoreId, inspect_head};
use crate::storage::{ObjectName, SMALL_OBJECT_LIMIT};
use crate::store::ResultStore;
use crate::store::commit::Fate;
use crate::store::fetch::Fetched;

/// Longer than the clocks of two writers differ.
const SKEW: Duration = Duration::from_secs(60);

impl ResultStore {
    /// What ails a head because of the intent in it; nothing if its transaction is on its way.
    pub(super) fn verify_intent(&self, intent: &Intent, id: StoreId) -> Result<(), Ill> {
        let transaction = intent.transaction;
        let fate = self.fate_of_intent(intent, id).map_err(|error| Ill::unread(&error))?;
        let what = match &fate {
            Fate::Undocumented => "there is no decision about it, so it counts as aborted",
            Fate::Damaged => "the decision about it is damaged, so it counts as aborted",
            Fate::Decision { is_abandoned: false, .. } => return Ok(()),
            Fate::Decision { decision, is_abandoned: true } => match decision.state {
                DecisionState::Pending => "it is undecided, and whoever was to decide it is gone",
                DecisionState::Committed => "it is committed, and not yet in its place",
                DecisionState::Aborted => "it is aborted, and not yet taken away",
            },
        };
        Err(Ill::of_transaction(format!("an intent of transaction {transaction}: {what}"), Cure::Settle))
    }

    /// What ails a decision: it cannot be read, nobody will ever make it, or records contradict it. Says how old it is.
    pub(super) fn verify_decision(&self, transaction: TransactionId) -> Result<Option<Decision>, Ill> {
        let fate = self.fate_of_transaction(transaction).map_err(|error| Ill::unread(&error))?;
        let (decision, is_abandoned) = match fate {
            Fate::Undocumented => return Ok(None),
            Fate::Damaged => return Err(Ill::corrupt("it is not what was written, so it counts as aborted")),
            Fate::Decision { decision, is_abandoned } => (decision, is_abandoned),
        };
        let local = decision.heads.iter().filter(|head| head.location.is_none());
        for head in local {
            self.verify_against(&decision, &head.key)?;
        }
        if decision.state == DecisionState::Pending && is_abandoned {
            let what = "it is undecided, and whoever was to decide it is gone";
            return Err(Ill::of_transaction(what, Cure::Abort));
        }
        Ok(Some(decision))
    }

    /// Whether what stands at a key is what the decision about it says.
    fn verify_against(&self, decision: &Decision, key: &CacheKey) -> Result<(), Ill> {
        let name = ObjectName::Head(key.clone());
        let fetched = self.fetch(&**self.head_storage(), &name, SMALL_OBJECT_LIMIT);
        // What cannot be read has been said of the head itself.
        let Ok(Fetched::Object(object)) = fetched else { return Ok(()) };
        let Ok(head) = HeadObject::read(&object.bytes, key) else { return Ok(()) };
        if head.intent().is_some_and(|intent| intent.transaction == decision.transaction) {
            return Ok(());
        }
        let Some(Ok(current)) = head.current().map(inspect_head) else { return Ok(()) };
        let is_of_it = current.metadata.transaction == decision.transaction;
        let is_older = current.metadata.created.after(SKEW) < decision.created;
        let what = match decision.state {
            DecisionState::Committed if !is_of_it && is_older => "it is committed, and an older record is at",
            DecisionState::Pending if is_of_it => "it is undecided, and its record is at",
            DecisionState::Aborted if is_of_it => "it is aborted, and its record is at",
            DecisionState::Pending | DecisionState::Committed | DecisionState::Aborted => return Ok(()),
        };
        // It may have been decided between the two looks.
        match self.fate_of_transaction(decision.transaction) {
            Ok(Fate::Decision { decision: now, .. }) if now.state == decision.state => {
                let cure = Cure::Nothing("find out who has written to the storage beside keepwell");
                Err(Ill { trouble: Trouble::Transaction, what: format!("{what} {name}"), cure })
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }
}
