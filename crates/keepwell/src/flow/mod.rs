//! Flows: what `#[flow]` makes of a function.
//!
//! A flow gives the tasks that are called in it a flow run, so that `RUN_ID` and `FLOW_PARAMETERS` mean something, and
//! runs again, under the same id, if it fails and may.

mod caller;
mod definition;
mod submitted;

pub use definition::Flow;

/// A call of an ordinary function that is a flow, not yet run.
pub type FlowCall<A, R> = crate::calling::Call<Flow, A, R>;

/// A call of an async function that is a flow, not yet run.
pub type AsyncFlowCall<'a, A, R> = crate::calling::AsyncCall<'a, Flow, A, R>;

pub(crate) use submitted::Submitted;
