//! What becomes of a body whose lease is lost.

/// What becomes of a body whose lease is lost while it runs. Either way its calls of keepwell are refused from then on, and
/// the storage decides whether what it returns may still be committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum OnLeaseLost {
    /// An async body is cancelled. One that blocks cannot be, and goes on to its end.
    #[default]
    Cancel,
    /// The body goes on to its end.
    Continue,
}
