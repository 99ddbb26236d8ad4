//! Transactions as they nest: what each has staged, and what its children left to it.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use super::locks::{HeldClaim, HeldLock};
use super::{CommitMode, IsolationLevel, Owner, TransactionOptions, TransactionState};
use crate::clock::Clock;
use crate::hook::Hook;
use crate::id::{Holder, TransactionId};
use crate::key::CacheKey;
use crate::lock::{LockManager, MemoryLockManager};
use crate::record::{Claim, EncodedValue};
use crate::store::{ResultStore, Write};
use crate::{Error, ErrorKind};

/// A handle to a transaction. Cheap to clone; may be used from any thread.
#[derive(Clone)]
pub struct Transaction(Arc<Node>);

struct Node {
    id: OnceLock<TransactionId>,
    options: TransactionOptions,
    isolation_level: IsolationLevel,
    commit_mode: CommitMode,
    parent: Option<Transaction>,
    /// Whether it is settled by its own end, as the outermost transaction is.
    settles_alone: bool,
    inner: Mutex<Inner>,
    /// Of the root alone: which of its descendants may run a body for a key.
    turns: OnceLock<Arc<MemoryLockManager>>,
}

#[derive(Default)]
struct Inner {
    state: Option<TransactionState>,
    closed: bool,
    aborted_by: Option<Arc<str>>,
    values: HashMap<String, Arc<dyn Any + Send + Sync>>,
    part: Part,
    turn: Option<HeldLock>,
    /// Why the key could not be claimed, so that nothing may be committed under it.
    unclaimed: Option<Error>,
    left: Vec<LeftPart>,
    /// Of the root alone: the records that are staged anywhere below it, and the locks that are held for them.
    staged: HashMap<CacheKey, Vec<StagedRecord>>,
    held: Vec<TreeLock>,
    claims: Vec<HeldClaim>,
    hooks_added: u64,
}

/// What one transaction has to settle.
#[derive(Default)]
pub(super) struct Part {
    pub(super) write: Option<Result<Write, Error>>,
    pub(super) commit_hooks: Vec<Hook>,
    /// With a number that grows over the whole tree, so that the newest is known.
    pub(super) rollback_hooks: Vec<(u64, Hook)>,
    pub(super) locks: Vec<HeldLock>,
    /// Whether it is undone even where the transaction that it is left to commits.
    pub(super) never: bool,
}

/// A part and the transaction that it is of.
pub(super) struct LeftPart {
    pub(super) transaction: Transaction,
    pub(super) part: Part,
}

/// A lock that is held for the whole tree, and how many of its transactions rely on it.
struct TreeLock {
    lock: HeldLock,
    shares: usize,
}

struct StagedRecord {
    by: Transaction,
    store: Arc<ResultStore>,
    value: EncodedValue,
}

impl Transaction {
    /// Opens a transaction inside `parent`.
    ///
    /// # Errors
    /// [`ErrorKind::Aborted`] if the parent was rolled back; the error names the child that failed.
    /// [`ErrorKind::LeaseLost`] if the parent, or a transaction around it, has lost its lock.
    pub fn open(parent: Option<&Self>, options: TransactionOptions) -> Result<Self, Error> {
        if let Some(parent) = parent {
            parent.refuse_if_aborted()?;
            parent.refuse_if_lost()?;
        }
        let inherited = parent.map(|parent| (parent.0.isolation_level, parent.0.commit_mode));
        let (isolation_level, commit_mode) = inherited.unwrap_or_default();
        Ok(Self(Arc::new(Node {
            id: OnceLock::new(),
            isolation_level: options.isolation_level.unwrap_or(isolation_level),
            commit_mode: options.commit_mode.unwrap_or(commit_mode),
            options,
            settles_alone: parent.is_none_or(|parent| parent.state() == TransactionState::Committed),
            parent: parent.cloned(),
            inner: Mutex::default(),
            turns: OnceLock::new(),
        })))
    }

    /// The transaction's identifier.
    pub fn id(&self) -> TransactionId {
        *self.0.id.get_or_init(TransactionId::random)
    }

    /// Where it stands.
    pub fn state(&self) -> TransactionState {
        self.0.inner.lock().state.unwrap_or(TransactionState::Pending)
    }

    /// Whether its record is visible: it was there from the beginning, or has been committed.
    pub fn is_committed(&self) -> bool {
        self.state() == TransactionState::Committed
    }

    /// The key of its record.
    pub fn key(&self) -> Option<&CacheKey> {
        self.0.options.key.as_ref()
    }

    /// Where its record is kept.
    pub fn store(&self) -> Option<&Arc<ResultStore>> {
        self.0.options.store.as_ref()
    }

    /// The isolation level in force.
    pub fn isolation_level(&self) -> IsolationLevel {
        self.0.isolation_level
    }

    /// The commit mode in force.
    pub fn commit_mode(&self) -> CommitMode {
        self.0.commit_mode
    }

    /// The transaction that this one is nested in.
    pub fn parent(&self) -> Option<&Self> {
        self.0.parent.as_ref()
    }

    /// Keeps a value under `name` for whoever asks this transaction or one nested in it.
    pub fn set(&self, name: impl Into<String>, value: Arc<dyn Any + Send + Sync>) {
        self.0.inner.lock().values.insert(name.into(), value);
    }

    /// The value kept under `name` by this transaction itself.
    pub fn own(&self, name: &str) -> Option<Arc<dyn Any + Send + Sync>> {
        self.0.inner.lock().values.get(name).cloned()
    }

    /// The value kept under `name` by this transaction or the nearest one around it that has one.
    pub fn get(&self, name: &str) -> Option<Arc<dyn Any + Send + Sync>> {
        self.own(name).or_else(|| self.0.parent.as_ref().and_then(|parent| parent.get(name)))
    }

    /// Adds a hook that runs once the record is visible.
    pub fn on_commit(&self, hook: Hook) {
        self.0.inner.lock().part.commit_hooks.push(hook);
    }

    /// Adds a hook that runs if the transaction is undone. The newest hook runs first.
    pub fn on_rollback(&self, hook: Hook) {
        let number = self.root().next_hook_number();
        self.0.inner.lock().part.rollback_hooks.push((number, hook));
    }

    pub(super) fn owner(&self) -> &Owner {
        &self.0.options.owner
    }

    pub(super) fn overwrites(&self) -> bool {
        self.0.options.overwrite
    }

    /// The transaction that its end is left to; none if it is settled by its own end.
    pub(super) fn settled_by(&self) -> Option<&Self> {
        self.0.parent.as_ref().filter(|_| !self.0.settles_alone)
    }

    /// The outermost transaction around it, which keeps what the whole tree shares: what is staged, locks and turns.
    /// Also for one that is settled alone, so that it sees what is staged and never waits for its own tree.
    fn root(&self) -> &Self {
        let mut root = self;
        while let Some(parent) = root.parent() {
            root = parent;
        }
        root
    }

    /// Which of the tree's transactions may run a body for a key.
    pub(super) fn turns(&self, clock: &Arc<dyn Clock>) -> Arc<MemoryLockManager> {
        let new = || Arc::new(MemoryLockManager::separate(Arc::clone(clock)));
        Arc::clone(self.root().0.turns.get_or_init(new))
    }

    /// The lock manager of the nearest transaction around that has one.
    pub(super) fn lock_manager_around(&self) -> Option<&Arc<dyn LockManager>> {
        std::iter::successors(self.parent(), |transaction| transaction.parent())
            .find_map(|transaction| transaction.store()?.lock_manager())
    }

    /// This transaction and those that it is nested in and settled with, innermost first.
    fn lineage(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |transaction| transaction.settled_by())
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.inner.lock().closed
    }

    pub(super) fn set_state(&self, state: TransactionState) {
        self.0.inner.lock().state = Some(state);
    }

    fn next_hook_number(&self) -> u64 {
        let mut inner = self.0.inner.lock();
        inner.hooks_added += 1;
        inner.hooks_added
    }

    /// Which child's failure undid this transaction or one that it is settled with.
    pub(super) fn aborted_by(&self) -> Option<Arc<str>> {
        self.lineage().find_map(|transaction| transaction.0.inner.lock().aborted_by.clone())
    }

    pub(super) fn refuse_if_aborted(&self) -> Result<(), Error> {
        match self.aborted_by() {
            Some(child) => Err(Error::new(
                ErrorKind::Aborted,
                format!("the transaction was rolled back because `{child}` failed in it"),
            )
            .with_hint("let the failure leave the transaction's block, or run what may fail outside it")),
            None => Ok(()),
        }
    }

    pub(super) fn mark_aborted(&self, by: Arc<str>) {
        self.0.inner.lock().aborted_by.get_or_insert(by);
    }

    /// Stages what is to be written, if anything is and the transaction writes at all.
    pub(super) fn put_write(&self, write: Option<Result<Write, Error>>) {
        let mut write = write.filter(|_| self.0.options.write_on_commit);
        if let (Some(Ok(_)), Some(error)) = (&write, self.0.inner.lock().unclaimed.take()) {
            write = Some(Err(error));
        }
        if let Some(Ok(write)) = &mut write {
            write.claim = self.claim_on(&write.store, &write.key);
            self.root().add_staged(self, write);
        }
        let mut inner = self.0.inner.lock();
        inner.part.write = write;
        inner.state = Some(TransactionState::Staged);
    }

    fn add_staged(&self, by: &Self, write: &Write) {
        let record = StagedRecord { by: by.clone(), store: Arc::clone(&write.store), value: write.value.clone() };
        self.0.inner.lock().staged.entry(write.key.clone()).or_default().push(record);
    }

    /// The value that is staged under `key` in the same place anywhere in the tree.
    pub(super) fn staged_value(&self, store: &ResultStore, key: &CacheKey) -> Option<EncodedValue> {
        let root = self.root().0.inner.lock();
        let records = root.staged.get(key)?;
        records.iter().rev().find(|record| record.store.is_same_place(store)).map(|record| record.value.clone())
    }

    pub(super) fn forget_staged(&self, parts: &[LeftPart]) {
        let mut root = self.root().0.inner.lock();
        for LeftPart { transaction, part } in parts {
            let Some(Ok(write)) = &part.write else { continue };
            if let Some(records) = root.staged.get_mut(&write.key) {
                records.retain(|record| !record.by.is(transaction));
            }
        }
        root.staged.retain(|_, records| !records.is_empty());
    }

    /// Takes part in a lock that the tree has already got.
    pub(super) fn share_lock(&self, key: &CacheKey, manager: &str) -> bool {
        let mut root = self.root().0.inner.lock();
        let Some(held) = root.held.iter_mut().find(|held| held.lock.is_for(key, manager)) else { return false };
        held.shares += 1;
        let lock = held.lock.clone();
        drop(root);
        self.0.inner.lock().part.locks.push(lock);
        true
    }

    /// Takes note of a lock that was granted to this transaction for the tree.
    pub(super) fn add_lock(&self, lock: HeldLock) {
        self.root().0.inner.lock().held.push(TreeLock { lock: lock.clone(), shares: 1 });
        self.0.inner.lock().part.locks.push(lock);
    }

    /// Whether a record is written when it commits.
    pub(super) fn writes(&self) -> bool {
        self.0.options.write_on_commit
    }

    /// Takes note of a claim that was made on a key of this transaction, under the tree's lock for the key.
    pub(super) fn add_claim(&self, store: &Arc<ResultStore>, key: &CacheKey, claim: Claim) {
        let mut root = self.root().0.inner.lock();
        let Some(held) = root.held.iter().find(|held| held.lock.key == *key) else { return };
        let (store, key, holder) = (Arc::clone(store), key.clone(), held.lock.holder.clone());
        root.claims.push(HeldClaim { store, key, claim, holder, is_spent: false });
    }

    /// Takes note that the key could not be claimed.
    pub(super) fn set_unclaimed(&self, error: Error) {
        self.0.inner.lock().unclaimed = Some(error);
    }

    /// The claim of the tree on a key.
    pub(super) fn claim_on(&self, store: &ResultStore, key: &CacheKey) -> Option<Claim> {
        let root = self.root().0.inner.lock();
        let held = root.claims.iter().find(|held| held.key == *key && held.store.is_same_place(store));
        held.map(|held| held.claim)
    }

    /// Takes note of what a commit has made of the claims of its writes.
    pub(super) fn spend_claims<T>(&self, writes: &[Write], outcome: &Result<T, Error>) {
        if outcome.as_ref().is_err_and(|error| error.kind() != ErrorKind::CommitUnknown) {
            return;
        }
        let mut root = self.root().0.inner.lock();
        for held in &mut root.claims {
            let is_of = |write: &Write| write.claim == Some(held.claim) && write.key == held.key;
            held.is_spent |= writes.iter().any(is_of);
        }
    }

    /// The claims that were made under a lock that is being given back, but for those that are spent.
    pub(super) fn take_claims(&self, holder: &Holder) -> Vec<HeldClaim> {
        let mut root = self.root().0.inner.lock();
        let taken: Vec<_> = root.claims.extract_if(.., |held| held.holder == *holder).collect();
        drop(root);
        taken.into_iter().filter(|held| !held.is_spent).collect()
    }

    /// Gives up one share in a lock. Says whether it was the last, so that the lock itself is to be released.
    pub(super) fn drop_share(&self, lock: &HeldLock) -> bool {
        let mut root = self.root().0.inner.lock();
        let Some(place) = root.held.iter().position(|held| held.lock.holder == lock.holder) else { return false };
        root.held[place].shares -= 1;
        let last = root.held[place].shares == 0;
        if last {
            root.held.remove(place);
        }
        last
    }

    /// The locks that this transaction relies on itself.
    pub(super) fn own_locks(&self) -> Vec<HeldLock> {
        self.0.inner.lock().part.locks.clone()
    }

    pub(super) fn take_locks(&self) -> Vec<HeldLock> {
        std::mem::take(&mut self.0.inner.lock().part.locks)
    }

    pub(super) fn put_turn(&self, turn: HeldLock) {
        self.0.inner.lock().turn = Some(turn);
    }

    pub(super) fn take_turn(&self) -> Option<HeldLock> {
        self.0.inner.lock().turn.take()
    }

    /// Whether this transaction or one around it has the turn for the key.
    pub(super) fn has_turn(&self, key: &CacheKey) -> bool {
        let around = std::iter::successors(Some(self), |transaction| transaction.parent());
        around
            .into_iter()
            .any(|transaction| transaction.0.inner.lock().turn.as_ref().is_some_and(|turn| turn.key == *key))
    }

    /// Hands everything that is to be settled to the caller: what children left, in the order they ended, then its own.
    /// Nothing can be left here afterwards.
    pub(super) fn close(&self) -> Vec<LeftPart> {
        let mut inner = self.0.inner.lock();
        inner.closed = true;
        let mut parts = std::mem::take(&mut inner.left);
        parts.push(LeftPart { transaction: self.clone(), part: std::mem::take(&mut inner.part) });
        parts
    }

    /// Leaves parts to this transaction.
    ///
    /// # Errors
    /// The parts, if it has ended already.
    pub(super) fn leave(&self, parts: Vec<LeftPart>) -> Result<(), Vec<LeftPart>> {
        let mut inner = self.0.inner.lock();
        if inner.closed {
            return Err(parts);
        }
        inner.left.extend(parts);
        Ok(())
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Transaction({:?}, {:?})", self.key(), self.state())
    }
}
