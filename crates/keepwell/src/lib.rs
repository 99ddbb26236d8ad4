//! keepwell runs a task once and keeps its result well.

mod body;
mod clock;
pub mod context;
pub mod flow;
mod program;
mod report;
mod runner;
pub mod settings;
mod stores;
pub mod task;
pub mod transactions;
pub mod value;
mod waiting;

pub use keepwell_core::{Error, ErrorKind};
