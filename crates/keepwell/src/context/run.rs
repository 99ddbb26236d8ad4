//! What is known of the run around the calling code.

use std::fmt;
use std::sync::Arc;

use keepwell_core::Error;
use keepwell_core::id::{FlowRunId, TaskRunId};
use keepwell_core::key::Digest;
use keepwell_core::run::TaskDefinition;
use keepwell_core::store::ResultStore;

use crate::flow::Submitted;

/// The task run around the calling code, and what a key function is given.
#[derive(Clone, Debug)]
pub struct TaskRunContext {
    /// The task.
    pub task: Arc<TaskDefinition>,
    /// This run of it.
    pub task_run_id: TaskRunId,
    /// The run's name.
    pub task_run_name: Arc<str>,
    /// The flow run that it belongs to.
    pub flow_run_id: Option<FlowRunId>,
    pub(crate) persists: bool,
    pub(crate) store: Arc<ResultStore>,
}

/// The flow run around the calling code.
pub struct FlowRunContext {
    /// The flow's name.
    pub flow_name: Arc<str>,
    /// This run of it.
    pub flow_run_id: FlowRunId,
    /// The run's name.
    pub flow_run_name: Arc<str>,
    /// Words that the flow is found by.
    pub tags: Vec<Arc<str>>,
    pub(crate) parameters: Result<Digest, Error>,
    pub(crate) persist_result: Option<bool>,
    pub(crate) store: Option<Arc<ResultStore>>,
    pub(crate) submitted: Submitted,
}

impl fmt::Debug for FlowRunContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "FlowRunContext({}, {})", self.flow_run_name, self.flow_run_id)
    }
}
