//! keepwell runs a task once and keeps its result well.

pub mod calling;
mod clock;
pub mod context;
pub mod flow;
pub mod locking;
pub mod logging;
pub mod policy;
pub mod prelude;
mod program;
mod report;
mod runner;
pub mod settings;
mod stores;
pub mod task;
pub mod transactions;
pub mod value;
mod waiting;

#[doc(hidden)]
pub mod __private;

pub use keepwell_core::{Error, ErrorKind};
pub use keepwell_macros::{flow, source, task};
