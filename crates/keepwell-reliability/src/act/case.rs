//! What an act is.

use crate::history::Operation;

/// An act and what is there before it.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// What has been done before; with nothing there is not even a folder.
    pub(crate) before: fn() -> Vec<Operation>,
    /// What somebody else died at before.
    pub(crate) leftover: Option<Leftover>,
    pub(crate) act: Act,
}

impl Case {
    /// The same act after a writer that died after this many thousandths of its calls.
    pub(crate) fn after_death_at(&self, thousandths: u64) -> Self {
        let leftover = self.leftover.map(|leftover| Leftover { died: Died::After(thousandths), ..leftover });
        Self { leftover, ..*self }
    }
}

/// What one process does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// An operation.
    Perform(fn() -> Operation),
    /// A look at every record that the case is about, none of which changes.
    LookUp,
    /// A look at record 0, which is damaged.
    LookUpDamaged,
}

/// The traces of a writer that died.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leftover {
    /// What it was doing.
    pub(crate) operation: fn() -> Operation,
    pub(crate) died: Died,
}

/// When a writer died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Died {
    /// At the last moment at which nothing of its operation counts.
    BeforeItCounted,
    /// At the first moment at which all of it counts.
    WhenItCounted,
    /// After this many thousandths of the calls that it would have made.
    After(u64),
}
