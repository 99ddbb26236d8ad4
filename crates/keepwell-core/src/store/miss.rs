//! Why a record was not found, or did not count.

use std::fmt;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::event::Level;

/// Why a record was not found, or did not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MissReason {
    /// There is no record.
    Absent,
    /// The caller asked to ignore it.
    Refresh,
    /// Its time is over.
    Expired {
        /// Since when.
        at: Timestamp,
    },
    /// It is not what was written. Where the storage could, it was put into quarantine; the next commit replaces it anyway.
    Corrupt(Arc<str>),
    /// It is not signed by a key that this reader trusts; it was left alone.
    Untrusted(Arc<str>),
    /// It has a format that this version does not know; it is never overwritten.
    NewerVersion(Arc<str>),
    /// It cannot be used here, and was left alone: of another store, too large, compressed in a way this build lacks.
    Unusable(Arc<str>),
    /// The record is there, but the result that it points to is not, or is another one.
    ResultMissing(Arc<str>),
    /// Its bytes are whole, but no value could be made of them here.
    Undecodable(Arc<str>),
    /// The storage could not be read.
    StorageFailed(Arc<str>),
}

impl MissReason {
    /// How much it matters: what an ordinary run meets is for whoever looks for a cause, anything else is a warning.
    pub fn level(&self) -> Level {
        match self {
            Self::Absent | Self::Refresh | Self::Expired { .. } => Level::Debug,
            Self::Corrupt(_)
            | Self::Untrusted(_)
            | Self::NewerVersion(_)
            | Self::ResultMissing(_)
            | Self::Unusable(_)
            | Self::Undecodable(_)
            | Self::StorageFailed(_) => Level::Warning,
        }
    }

    /// Whether the record that did not count must stay as it is.
    pub fn forbids_overwriting(&self) -> bool {
        matches!(self, Self::NewerVersion(_))
    }
}

impl fmt::Display for MissReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => formatter.write_str("there is none"),
            Self::Refresh => formatter.write_str("the cache is refreshed"),
            Self::Expired { at } => write!(formatter, "it expired at {} ms since the epoch", at.as_millis()),
            Self::Corrupt(what) => write!(formatter, "it is damaged: {what}"),
            Self::Untrusted(what) => write!(formatter, "it is not trusted: {what}"),
            Self::NewerVersion(what) => write!(formatter, "it was written by a newer version: {what}"),
            Self::Unusable(what) => write!(formatter, "it cannot be used here: {what}"),
            Self::ResultMissing(what) => write!(formatter, "its result is missing: {what}"),
            Self::Undecodable(what) => write!(formatter, "it cannot be decoded here: {what}"),
            Self::StorageFailed(what) => write!(formatter, "the storage could not be read: {what}"),
        }
    }
}
