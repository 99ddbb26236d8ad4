//! What concurrent transactions on one key may see of each other.

use std::fmt;

/// How far transactions on the same key are kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IsolationLevel {
    /// A reader sees the latest committed record. Bodies may overlap; the last commit stays.
    ReadCommitted,
    /// One body runs at a time; the others wait for its record. Needs a lock manager.
    Serializable,
}

impl fmt::Display for IsolationLevel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ReadCommitted => "READ_COMMITTED",
            Self::Serializable => "SERIALIZABLE",
        })
    }
}
