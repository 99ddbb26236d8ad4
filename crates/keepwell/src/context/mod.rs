//! What surrounds the code that is running: its flow run, task run and transaction.
//!
//! Kept per thread, set for the length of a body. An async body carries its surroundings along from poll to poll, and a
//! submitted task takes its submitter's.

mod run;
mod scope;

pub use run::{FlowRunContext, TaskRunContext};
pub(crate) use scope::{Context, InContext};

use std::sync::Arc;

use keepwell_core::transaction::Transaction;

/// The task run that the calling code is in.
pub fn task_run() -> Option<Arc<TaskRunContext>> {
    Context::with(|context| context.task.clone())
}

/// The flow run that the calling code is in.
pub fn flow_run() -> Option<Arc<FlowRunContext>> {
    Context::with(|context| context.flow.clone())
}

/// The innermost transaction that the calling code is in: a user's own, or the current task run's.
pub fn transaction() -> Option<Transaction> {
    Context::with(|context| context.transaction.clone())
}

/// Whether the calling code is in a run.
pub(crate) fn is_in_run() -> bool {
    Context::with(|context| context.task.is_some() || context.flow.is_some())
}
