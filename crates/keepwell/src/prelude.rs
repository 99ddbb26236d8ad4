//! What a program that uses keepwell usually needs.

pub use std::time::Duration;

pub use crate::context::TaskRunContext;
pub use crate::locking::MemoryLockManager;
pub use crate::policy::{
    BUILD, CacheKeyFnPolicy, CachePolicy, DEFAULT, FLOW_PARAMETERS, INPUTS, NO_CACHE, NONE, RUN_ID, TASK_SOURCE,
};
pub use crate::task::{HookContext, Parameters, TaskFuture};
pub use crate::transactions::{CommitMode, IsolationLevel, transaction, transaction_async};
pub use keepwell_macros::{flow, source, task};
