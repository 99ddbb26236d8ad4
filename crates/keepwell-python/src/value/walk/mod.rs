//! The way through a value, without recursion: what is open is on a stack of our own, so that no depth overflows the
//! machine's.

mod frame;
mod path;
mod piece;
mod walker;

pub(super) use piece::{Piece, Slices};
pub(crate) use walker::Fallback;
pub(super) use walker::{Mode, Walker};
