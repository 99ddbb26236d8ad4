//! Flows: what `#[flow]` makes of a function.
//!
//! A flow gives the tasks that are called in it a flow run, so that `RUN_ID` and `FLOW_PARAMETERS` mean something, and
//! runs again, under the same id, if it fails and may.

mod call;
mod caller;
mod definition;
mod submitted;

pub use call::{AsyncFlowCall, FlowCall};
pub use definition::Flow;
pub(crate) use submitted::Submitted;
