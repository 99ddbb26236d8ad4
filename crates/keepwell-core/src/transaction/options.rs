//! What a transaction is begun with.

use std::sync::Arc;

use super::{CommitMode, IsolationLevel};
use crate::key::CacheKey;
use crate::store::ResultStore;

/// What a transaction is begun with.
#[derive(Clone, Debug)]
pub struct TransactionOptions {
    /// Whose transaction it is.
    pub owner: Owner,
    /// The key of its record. Without a key there is no record of its own.
    pub key: Option<CacheKey>,
    /// Where its record is kept.
    pub store: Option<Arc<ResultStore>>,
    /// The isolation level; the parent's, or else read committed, where not given.
    pub isolation_level: Option<IsolationLevel>,
    /// The commit mode; the parent's, or else lazy, where not given.
    pub commit_mode: Option<CommitMode>,
    /// Whether a record that exists is ignored and replaced.
    pub overwrite: bool,
    /// Whether a record is written at all when the transaction commits.
    pub write_on_commit: bool,
}

/// Whose transaction it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The user's: a failing child undoes it at once.
    Block,
    /// A task run's: it survives a failing child if its body does.
    Task(Arc<str>),
}

impl Default for TransactionOptions {
    fn default() -> Self {
        Self {
            owner: Owner::Block,
            key: None,
            store: None,
            isolation_level: None,
            commit_mode: None,
            overwrite: false,
            write_on_commit: true,
        }
    }
}
