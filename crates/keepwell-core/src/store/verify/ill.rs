//! What ails an object: found while it is looked at, before anything is done about it.

use super::Trouble;
use crate::record::{Disposition, RecordFault};
use crate::{Error, ErrorKind};

/// What ails an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ill {
    pub(super) trouble: Trouble,
    pub(super) what: String,
    pub(super) cure: Cure,
}

/// What helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cure {
    /// Take the object out of the way, and keep its bytes where the storage can.
    Quarantine,
    /// Apply the intent, or take it away, as its transaction was decided; an undecided one is aborted first.
    Settle,
    /// Abort the transaction.
    Abort,
    /// Nothing that could be done here.
    Nothing(&'static str),
}

impl Ill {
    /// Bytes that are not what was written.
    pub(super) fn corrupt(what: impl Into<String>) -> Self {
        Self { trouble: Trouble::Corrupt, what: what.into(), cure: Cure::Quarantine }
    }

    /// A transaction that is neither done nor going to be.
    pub(super) fn of_transaction(what: impl Into<String>, cure: Cure) -> Self {
        Self { trouble: Trouble::Transaction, what: what.into(), cure }
    }

    /// An object that the storage did not hand out.
    pub(super) fn unread(error: &Error) -> Self {
        match error.kind() {
            // What is there was never written through the storage: no bytes of it are worth keeping.
            ErrorKind::Corrupt => Self::corrupt(error.report()),
            _ => Self { trouble: Trouble::Unreadable, what: error.report(), cure: Cure::Nothing("left as it is") },
        }
    }
}

impl From<RecordFault> for Ill {
    fn from(fault: RecordFault) -> Self {
        let (trouble, cure) = match (fault.disposition(), &fault) {
            (Disposition::Quarantine, _) => (Trouble::Corrupt, Cure::Quarantine),
            (Disposition::LeaveAndMiss, RecordFault::Untrusted(_)) => {
                (Trouble::Untrusted, Cure::Nothing("left as it is: somebody may trust it"))
            }
            (Disposition::LeaveAndMiss | Disposition::LeaveAndNeverOverwrite, _) => {
                (Trouble::Unreadable, Cure::Nothing("left as it is: somebody may be able to read it"))
            }
        };
        let what = match fault.hint() {
            Some(hint) if cure != Cure::Quarantine => format!("{fault} ({hint})"),
            Some(_) | None => fault.to_string(),
        };
        Self { trouble, what, cure }
    }
}
