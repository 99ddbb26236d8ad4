//! Room for recursion: serde visits nested values by nested calls, and values may be nested without end.

/// What is left of the stack before a new piece of it is taken from the heap: more than any one level needs.
const RESERVE: usize = 128 * 1024;
/// The size of such a piece.
const PIECE: usize = 4 * 1024 * 1024;

/// Calls `visit` one level deeper, on a stack that has room for it.
pub(super) fn deeper<R>(visit: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(RESERVE, PIECE, visit)
}
