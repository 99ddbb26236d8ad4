//! Which attribute is being expanded, and the words that go with it.

/// An attribute on a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attribute {
    /// `#[task]`
    Task,
    /// `#[flow]`
    Flow,
}

impl Attribute {
    /// The attribute's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Flow => "flow",
        }
    }
}
