//! What the attributes' code refers to. Not for anybody else: it changes without notice.

pub use std::sync::LazyLock;

pub use keepwell_core::key::Digest;
pub use keepwell_core::policy::KeyBuilder;
pub use keepwell_core::run::{FlowOptions, RetryDelay, TaskOptions};

pub use crate::flow::{AsyncFlowCall, Flow, FlowCall};
pub use crate::task::probe::{
    FailureDebugs, FailureDisplays, FailureOrNone, Probe, RefusesByError, RefusesByPanic, ReturnsAnything,
    ReturnsNumbers, ReturnsNumbersOrError, ReturnsSerialize, ReturnsSerializeOrError,
};
pub use crate::task::{
    AsyncCall, BoxFuture, Call, CallTable, IntoHooks, IntoInput, Parameters, ReturnTable, RunState, Source, Task,
    TaskFuture, cache_key_fn, submit,
};
pub use crate::value::dispatch::{ByNothing, ByNumbers, BySerialize, CloneByClone, CloneByNothing};
