//! The names of runs where nobody gives them others: what runs, and the end of the run's identifier.

use std::sync::Arc;

use crate::id::{FlowRunId, LazyTaskRunId};

/// The name of a run of the task `task`: outside a flow the task's own.
pub fn task_run_name(task: &Arc<str>, is_in_flow: bool, id: &LazyTaskRunId) -> Arc<str> {
    if !is_in_flow {
        return Arc::clone(task);
    }
    let [.., high, low] = *id.get().as_bytes();
    format!("{task}-{:03x}", u16::from_be_bytes([high, low]) & 0xfff).into()
}

/// The name of a run of the flow `flow`.
pub fn flow_run_name(flow: &str, id: FlowRunId) -> Arc<str> {
    let [.., first, second, third, fourth] = *id.as_bytes();
    let number = u32::from_be_bytes([first, second, third, fourth]);
    format!("{flow}-{number:08x}").into()
}
