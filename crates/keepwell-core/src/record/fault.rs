//! Why a record is not served, and what the store does with it then. Doing it is left to [`crate::store`].

use std::fmt;

use super::KeyId;
use crate::clock::Timestamp;

/// Why a record is not served. Every one is a miss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordFault {
    /// The bytes are not what was written.
    Corrupt {
        /// The part that shows it.
        what: &'static str,
    },
    /// A whole record of another key.
    WrongKey,
    /// A whole record that was written to another store.
    WrongStore,
    /// A whole record that was written in another namespace.
    WrongNamespace,
    /// The record was valid until this time.
    Expired {
        /// The first millisecond at which it was not.
        at: Timestamp,
    },
    /// The reader requires a signature and this is not one.
    Untrusted(Distrust),
    /// A later version of keepwell wrote the record.
    NewerVersion {
        /// The version of its format.
        version: u16,
    },
    /// The record cannot be understood without a field that this version does not know.
    UnknownCritical {
        /// The kind of field.
        field: &'static str,
        /// Its tag or value.
        value: u16,
    },
    /// The record is whole, but this build lacks what it takes to open it.
    Unsupported {
        /// What is lacking.
        what: &'static str,
    },
    /// The payload is larger than this reader accepts.
    TooLarge {
        /// The payload's length in bytes.
        length: u64,
        /// The largest length accepted.
        limit: u64,
    },
    /// The plain result that a reference names is not the one that was recorded: somebody edited it.
    Changed,
}

/// Why a signature is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// There is none.
    Unsigned,
    /// It was made with a key that the reader does not trust.
    UnknownKey(KeyId),
    /// It is not this header's.
    Mismatch,
}

/// What a store does with a record that it cannot serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// Take the damaged object out of the way, keeping its bytes; then it is a miss.
    Quarantine,
    /// Leave the object as it is; the next commit may replace it.
    LeaveAndMiss,
    /// Leave the object as it is, and commit nothing over it: somebody else can read it.
    LeaveAndNeverOverwrite,
}

impl RecordFault {
    /// What to do with the object that failed: the head, or what [`open_payload`](super::open_payload) was given.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Corrupt { .. } | Self::WrongKey => Disposition::Quarantine,
            Self::WrongStore
            | Self::WrongNamespace
            | Self::Expired { .. }
            | Self::Untrusted(_)
            | Self::Unsupported { .. }
            | Self::TooLarge { .. }
            | Self::Changed => Disposition::LeaveAndMiss,
            Self::NewerVersion { .. } | Self::UnknownCritical { .. } => Disposition::LeaveAndNeverOverwrite,
        }
    }

    /// What a user can do about it, where there is something to do.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Corrupt { .. } | Self::WrongKey => Some("the record is kept in the quarantine; check the disk"),
            Self::WrongStore => Some("was the file copied from another store?"),
            Self::WrongNamespace => Some("use the namespace that the record was written in"),
            Self::Untrusted(Distrust::Unsigned) => Some("sign records where they are written, or do not require it"),
            Self::Untrusted(Distrust::UnknownKey(_)) => Some("add the writer's key to the keys that are trusted"),
            Self::Untrusted(Distrust::Mismatch) => Some("find out who can write to this storage"),
            Self::NewerVersion { .. } | Self::UnknownCritical { .. } => Some("upgrade keepwell here"),
            Self::Unsupported { .. } => Some("build keepwell with that feature"),
            Self::TooLarge { .. } => Some("raise the limit if the record is to be trusted"),
            Self::Expired { .. } | Self::Changed => None,
        }
    }
}

impl fmt::Display for RecordFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corrupt { what } => write!(formatter, "the record's {what} is damaged"),
            Self::WrongKey => formatter.write_str("the record belongs to another key"),
            Self::WrongStore => formatter.write_str("the record belongs to another store"),
            Self::WrongNamespace => formatter.write_str("the record belongs to another namespace"),
            Self::Expired { at } => write!(formatter, "the record expired at {} ms", at.as_millis()),
            Self::Untrusted(distrust) => write!(formatter, "the record is not trusted: {distrust}"),
            Self::NewerVersion { version } => write!(formatter, "the record has the newer format version {version}"),
            Self::UnknownCritical { field, value } => write!(formatter, "the record needs the unknown {field} {value}"),
            Self::Unsupported { what } => write!(formatter, "the record needs {what}, which this build has not got"),
            Self::TooLarge { length, limit } => {
                write!(formatter, "the record's payload of {length} bytes exceeds the limit of {limit} bytes")
            }
            Self::Changed => formatter.write_str("the stored result is not the one that was recorded"),
        }
    }
}

impl std::error::Error for RecordFault {}

impl fmt::Display for Distrust {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned => formatter.write_str("it is not signed"),
            Self::UnknownKey(key) => write!(formatter, "it is signed with the unknown key {key}"),
            Self::Mismatch => formatter.write_str("its signature does not match"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_damage_is_quarantined_and_only_the_future_is_never_overwritten() {
        use Disposition::{LeaveAndMiss, LeaveAndNeverOverwrite, Quarantine};
        let faults = [
            (RecordFault::Corrupt { what: "header" }, Quarantine),
            (RecordFault::WrongKey, Quarantine),
            (RecordFault::WrongStore, LeaveAndMiss),
            (RecordFault::WrongNamespace, LeaveAndMiss),
            (RecordFault::Expired { at: Timestamp::from_millis(1) }, LeaveAndMiss),
            (RecordFault::Untrusted(Distrust::Unsigned), LeaveAndMiss),
            (RecordFault::NewerVersion { version: 2 }, LeaveAndNeverOverwrite),
            (RecordFault::UnknownCritical { field: "tag", value: 0x8001 }, LeaveAndNeverOverwrite),
            (RecordFault::Unsupported { what: "zstd" }, LeaveAndMiss),
            (RecordFault::TooLarge { length: 2, limit: 1 }, LeaveAndMiss),
            (RecordFault::Changed, LeaveAndMiss),
        ];
        for (fault, disposition) in faults {
            assert_eq!(fault.disposition(), disposition, "{fault}");
        }
    }
}
