//! The function under the attribute: its arguments by name, its types with lifetimes that can be named elsewhere.

mod argument;
mod lifetimes;
mod signature;
mod types;

pub(crate) use argument::Argument;
pub(crate) use lifetimes::Lifetimes;
pub(crate) use signature::Function;
pub(crate) use types::{Look, borrows, is_result, kept_type, span_of};
