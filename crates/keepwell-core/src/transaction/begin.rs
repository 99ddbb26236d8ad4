//! Beginning a transaction: is its record there already, and if not, may this caller make it?

use std::sync::Arc;

use super::{IsolationLevel, Transaction, TransactionState, locks};
use crate::action::Outside;
use crate::event::HitSource;
use crate::key::CacheKey;
use crate::lock::LockManager;
use crate::record::EncodedValue;
use crate::settings::OnStorageError;
use crate::store::{Claimed, LookUp, MissReason, ResultStore};
use crate::{Error, ErrorKind};

/// How a transaction begins.
#[derive(Debug)]
pub(crate) enum Begun {
    /// Its record is there.
    Hit(HitSource),
    /// It is not, for this reason; the record is the caller's to make.
    Miss(MissReason),
    /// It has no key, so there is nothing to look for.
    WithoutKey,
}

/// Begins `transaction`. With `decode`, a record counts only if the front end can turn it into a value.
///
/// On a hit no lock is held. On an error nothing is held either, and the transaction is not begun.
pub(crate) async fn begin(outside: &Outside, transaction: &Transaction, decode: bool) -> Result<Begun, Error> {
    let (Some(store), Some(key)) = (transaction.store(), transaction.key()) else {
        transaction.set_state(TransactionState::Active);
        return Ok(Begun::WithoutKey);
    };
    let manager = required_lock_manager(transaction, store, key)?;
    let look = Look { outside, transaction, store, key, decode };
    let begun = match manager {
        None => look.once().await,
        // On the heap: most transactions take no lock.
        Some(manager) => Box::pin(look.and_lock(manager)).await,
    };
    let begun = begun.and_then(|begun| outside.refuse_if_abandoned().map(|()| begun));
    match &begun {
        Ok(Begun::Miss(_) | Begun::WithoutKey) => transaction.set_state(TransactionState::Active),
        Ok(Begun::Hit(_)) => {
            transaction.set_state(TransactionState::Committed);
            locks::release_own(outside, transaction).await;
        }
        Err(_) => {
            locks::release_own(outside, transaction).await;
        }
    }
    begun
}

/// The lock manager that the isolation level needs, if it needs one: the store's, else that of the nearest transaction
/// around, which the level may come from.
fn required_lock_manager<'a>(
    transaction: &'a Transaction,
    store: &'a ResultStore,
    key: &CacheKey,
) -> Result<Option<&'a Arc<dyn LockManager>>, Error> {
    match (transaction.isolation_level(), store.lock_manager().or_else(|| transaction.lock_manager_around())) {
        (IsolationLevel::ReadCommitted, _) => Ok(None),
        (IsolationLevel::Serializable, Some(manager)) => Ok(Some(manager)),
        (IsolationLevel::Serializable, None) => Err(Error::new(
            ErrorKind::Unsupported,
            format!("Isolation level SERIALIZABLE is not supported by provided configuration: there is no lock manager for key `{key}`"),
        )
        .with_hint("configure the cache policy with a `lock_manager`, or use READ_COMMITTED")),
    }
}

struct Look<'a> {
    outside: &'a Outside,
    transaction: &'a Transaction,
    store: &'a Arc<ResultStore>,
    key: &'a CacheKey,
    decode: bool,
}

impl Look<'_> {
    /// Looks, and takes the lock only if there is nothing: a hit never locks. Whoever had the lock may have written
    /// the record meanwhile, so a second look follows.
    async fn and_lock(&self, manager: &Arc<dyn LockManager>) -> Result<Begun, Error> {
        let first = self.once().await?;
        if let Begun::Hit(_) = first {
            return Ok(first);
        }
        locks::take_turn(self.outside, self.transaction, self.store, self.key).await?;
        locks::acquire(self.outside, self.transaction, self.store, manager, self.key).await?;
        match self.once().await? {
            Begun::Miss(reason) if self.transaction.writes() => self.claim(reason).await,
            begun => Ok(begun),
        }
    }

    /// Claims the key, so that nobody who believes to have the lock still can commit under it any more. The record may have
    /// been committed since it was looked for; then it is looked for once more.
    async fn claim(&self, reason: MissReason) -> Result<Begun, Error> {
        if self.transaction.claim_on(self.store, self.key).is_some() {
            return Ok(Begun::Miss(reason));
        }
        let mut begun = Begun::Miss(reason);
        let mut claimed = self.ask_for_claim(self.transaction.overwrites()).await;
        if let Ok(Claimed::Found) = claimed {
            begun = self.once().await?;
            if let Begun::Miss(_) = begun {
                claimed = self.ask_for_claim(true).await;
            }
        }
        match claimed {
            Ok(Claimed::Claim(claim)) => self.transaction.add_claim(self.store, self.key, claim),
            Ok(Claimed::Found | Claimed::Unneeded) => {}
            // The body runs all the same; it cannot be committed.
            Err(error) => self.transaction.set_unclaimed(error),
        }
        Ok(begun)
    }

    async fn ask_for_claim(&self, overwritten: bool) -> Result<Claimed, Error> {
        self.outside.claim(Arc::clone(self.store), self.key.clone(), overwritten).await
    }

    async fn once(&self) -> Result<Begun, Error> {
        if self.transaction.overwrites() {
            return Ok(Begun::Miss(MissReason::Refresh));
        }
        if let Some(value) = self.transaction.staged_value(self.store, self.key) {
            return Ok(self.checked(value, HitSource::Transaction).await);
        }
        match self.outside.look_up(Arc::clone(self.store), self.key.clone()).await {
            Ok(LookUp::Hit { record, source }) => Ok(self.checked(record.into_value(), source).await),
            Ok(LookUp::Miss(reason)) => Ok(Begun::Miss(reason)),
            Err(error) => match self.store.on_storage_error() {
                OnStorageError::Run => Ok(Begun::Miss(MissReason::StorageFailed(error.report().into()))),
                OnStorageError::Raise => Err(error),
            },
        }
    }

    async fn checked(&self, value: EncodedValue, source: HitSource) -> Begun {
        if !self.decode {
            return Begun::Hit(source);
        }
        match self.outside.decode(value).await {
            Ok(()) => Begun::Hit(source),
            Err(error) => Begun::Miss(MissReason::Undecodable(error.report().into())),
        }
    }
}
