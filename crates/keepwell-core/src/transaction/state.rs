//! Where a transaction stands.

/// Where a transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransactionState {
    /// Not begun.
    Pending,
    /// Begun, with nothing staged.
    Active,
    /// A record is staged.
    Staged,
    /// Its record is visible: it was committed, or it was there from the beginning.
    Committed,
    /// Undone: nothing of it is visible.
    RolledBack,
    /// Its commit could not be confirmed: its records are all visible or none is.
    Unknown,
}

impl TransactionState {
    /// Whether nothing more can happen to the transaction.
    pub fn is_settled(self) -> bool {
        match self {
            Self::Pending | Self::Active | Self::Staged => false,
            Self::Committed | Self::RolledBack | Self::Unknown => true,
        }
    }
}
