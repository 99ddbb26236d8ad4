//! What becomes of a record that cannot be served, and how the miss is explained.

use super::fetch::failure;
use super::{MissReason, ResultStore};
use crate::record::{Disposition, RecordFault};
use crate::storage::{Object, ObjectName, ResultStorage};

impl ResultStore {
    /// Does with the object that failed what its fault asks for, and says why it is a miss.
    ///
    /// A damaged object that cannot be put into quarantine stays, and is a miss all the same.
    pub(super) fn dispose(
        &self,
        storage: &dyn ResultStorage,
        name: &ObjectName,
        object: &Object,
        fault: &RecordFault,
    ) -> MissReason {
        match fault.disposition() {
            Disposition::Quarantine => match storage.quarantine(name, &object.version()) {
                Ok(()) => reason(fault),
                Err(why) => {
                    explained(fault, format!("{fault}; it could not be put into quarantine: {}", failure(why).report()))
                }
            },
            Disposition::LeaveAndNeverOverwrite | Disposition::LeaveAndMiss => reason(fault),
        }
    }
}

fn with_hint(fault: &RecordFault) -> String {
    match fault.hint() {
        Some(hint) => format!("{fault} ({hint})"),
        None => fault.to_string(),
    }
}

/// Why a record that is left as it is counts as a miss.
pub(super) fn reason(fault: &RecordFault) -> MissReason {
    explained(fault, with_hint(fault))
}

fn explained(fault: &RecordFault, words: String) -> MissReason {
    match fault {
        RecordFault::Corrupt { .. } | RecordFault::WrongKey => MissReason::Corrupt(words.into()),
        RecordFault::NewerVersion { .. } | RecordFault::UnknownCritical { .. } => {
            MissReason::NewerVersion(words.into())
        }
        RecordFault::Expired { at } => MissReason::Expired { at: *at },
        RecordFault::Untrusted(_) => MissReason::Untrusted(words.into()),
        RecordFault::Changed => MissReason::ResultMissing(words.into()),
        RecordFault::WrongStore
        | RecordFault::WrongNamespace
        | RecordFault::Unsupported { .. }
        | RecordFault::TooLarge { .. } => MissReason::Unusable(words.into()),
    }
}
