//! One operation on records.

use std::fmt;

use keepwell_core::storage::Durability;

use crate::content::Tag;

/// An operation on records that are known by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) tag: Tag,
    pub(crate) change: Change,
    /// What a single record must survive.
    pub(crate) durability: Durability,
}

/// What an operation does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Writes a record, or several in one transaction.
    Write(Vec<Item>),
    /// Removes a record, as pruning does.
    Remove(usize),
}

/// One record of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) key: usize,
    /// Of the payload, in bytes.
    pub(crate) length: usize,
}

impl Operation {
    /// The keys that it changes.
    pub(crate) fn keys(&self) -> Vec<usize> {
        match &self.change {
            Change::Write(items) => items.iter().map(|item| item.key).collect(),
            Change::Remove(key) => vec![*key],
        }
    }

    /// What a key that it changes holds afterwards.
    pub(crate) fn leaves(&self) -> Option<Tag> {
        match &self.change {
            Change::Write(_) => Some(self.tag),
            Change::Remove(_) => None,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.change {
            Change::Write(items) => {
                write!(formatter, "{:x} writes", self.tag.0)?;
                items.iter().try_for_each(|item| write!(formatter, " {}({} B)", item.key, item.length))
            }
            Change::Remove(key) => write!(formatter, "{:x} removes {key}", self.tag.0),
        }
    }
}
