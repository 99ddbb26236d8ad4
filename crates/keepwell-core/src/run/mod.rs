//! Runs: one task or flow call from its beginning to its final state.
//!
//! [`TaskOptions`] are what the user wrote; [`TaskDefinition`] is what they amount to; [`TaskRun`] and [`FlowRun`] are
//! the decisions of one call.

mod definition;
mod flow_definition;
mod flow_run;
mod names;
mod options;
mod retry;
mod state;
mod steps;
mod task_run;

pub use definition::TaskDefinition;
pub use flow_definition::{FlowDefinition, FlowOptions};
pub use flow_run::{FlowCall, FlowRun, FlowRunEnd};
pub use names::{flow_run_name, task_run_name};
pub use options::{RunHooks, TaskOptions};
pub use retry::{RetryDelay, RetryPolicy};
pub use state::{State, StateDetails, StateType};
pub use task_run::{TaskCall, TaskRun, TaskRunEnd};
