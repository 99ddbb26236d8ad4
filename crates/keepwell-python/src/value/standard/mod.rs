//! The values of Python and of its standard library.

pub(super) mod collection;
pub(super) mod exception;
pub(super) mod member;
pub(super) mod number;
pub(super) mod other;
pub(super) mod path;
pub(super) mod text;
pub(super) mod time;
