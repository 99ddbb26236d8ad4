//! What can be wrong with what a store keeps, and what is done about it.

use std::fmt;

use crate::storage::ObjectName;

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// With what.
    pub subject: Subject,
    /// Of which kind it is.
    pub trouble: Trouble,
    /// What it is, in words.
    pub what: String,
    /// What is done about it.
    pub remedy: Remedy,
}

/// What a problem is with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// An object of the storage.
    Object(ObjectName),
    /// A file that the storage needs beside its objects: its place in the storage.
    File(String),
}

/// A kind of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
    /// Bytes are not what was written, or are gone.
    Corrupt,
    /// A record is not signed by a key that is trusted here.
    Untrusted,
    /// It may be whole, but cannot be read or used here.
    Unreadable,
    /// A transaction is neither done nor going to be, or its records contradict its decision.
    Transaction,
}

/// What is done about a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// This is what a repair would do.
    Possible(&'static str),
    /// This was done.
    Done(&'static str),
    /// This was tried, and why it failed.
    Failed(String),
    /// There is nothing to be done here: why, or who can do something.
    Nothing(&'static str),
}

impl Trouble {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Corrupt, Self::Untrusted, Self::Unreadable, Self::Transaction];

    /// Its bit in an exit code.
    pub fn bit(self) -> u8 {
        match self {
            Self::Corrupt => 1,
            Self::Untrusted => 2,
            Self::Unreadable => 4,
            Self::Transaction => 8,
        }
    }

    /// One word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Corrupt => "corrupt",
            Self::Untrusted => "untrusted",
            Self::Unreadable => "unreadable",
            Self::Transaction => "transaction",
        }
    }
}

impl Problem {
    /// Whether it has been put right.
    pub fn is_repaired(&self) -> bool {
        match self.remedy {
            Remedy::Done(_) => true,
            Remedy::Possible(_) | Remedy::Failed(_) | Remedy::Nothing(_) => false,
        }
    }
}

/// Displays what it is, and its name between backticks.
impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(name) => name.fmt(formatter),
            Self::File(place) => write!(formatter, "file `{place}`"),
        }
    }
}
