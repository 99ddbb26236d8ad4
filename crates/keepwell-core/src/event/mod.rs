//! What happened: for logs, counters, states and tests.
//!
//! Each front end passes every event to its own logging and to [`count`]. The level and the text are decided here, once.

mod counters;
mod kinds;

pub use counters::{Count, count, counts};
pub use kinds::{Event, HitSource, Level, Problem, ProblemKind};
