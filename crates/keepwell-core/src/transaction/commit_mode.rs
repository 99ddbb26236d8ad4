//! When a transaction's records become visible.

/// When a transaction's records become visible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum CommitMode {
    /// When the transaction itself ends, whatever becomes of its parent.
    Eager,
    /// When the outermost transaction ends.
    #[default]
    Lazy,
    /// Never: what was staged is rolled back when the outermost transaction ends.
    Off,
}
