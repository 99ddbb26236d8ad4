//! A flow's definition: what `#[flow]` makes once for each function.

use std::fmt;
use std::sync::Arc;

use keepwell_core::run::{FlowDefinition, FlowOptions, RetryPolicy};

use super::caller::Caller;
use crate::calling::{self, BoxFuture, Definition};
use crate::task::{CallTable, RunState};
use crate::{report, settings};

/// A flow: its options, and what they amount to.
pub struct Flow {
    definition: Arc<FlowDefinition>,
}

impl Flow {
    /// The flow of this name, after `set` has set its options. Retry options that are wrong are logged as an error, and
    /// the flow is never retried.
    pub fn new(name: &str, set: impl FnOnce(&mut FlowOptions)) -> Self {
        let mut options = FlowOptions { name: name.into(), ..FlowOptions::default() };
        set(&mut options);
        Self::of(options)
    }

    fn of(options: FlowOptions) -> Self {
        let definition = FlowDefinition::new(options.clone(), &settings::current()).unwrap_or_else(|error| {
            report::options_error(&options.name, &error);
            FlowDefinition { options, retry: RetryPolicy::default() }
        });
        Self { definition: Arc::new(definition) }
    }

    /// What the options amount to.
    pub fn definition(&self) -> &Arc<FlowDefinition> {
        &self.definition
    }
}

impl Definition for Flow {
    type Options = FlowOptions;

    fn with_options(&self, change: impl FnOnce(&mut FlowOptions)) -> Self {
        let mut options = self.definition.options.clone();
        change(&mut options);
        Self::of(options)
    }

    fn run<A, R>(&self, table: &CallTable<A, R>, body: fn(A) -> R, arguments: A) -> RunState<R> {
        calling::run(Caller::new(self, table, arguments), body)
    }

    async fn run_async<'a, A, R>(
        &self,
        table: &CallTable<A, R>,
        body: fn(A) -> BoxFuture<'a, R>,
        arguments: A,
    ) -> RunState<R> {
        calling::run_async(Caller::new(self, table, arguments), body).await
    }
}

impl fmt::Debug for Flow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Flow({})", self.definition.options.name)
    }
}
