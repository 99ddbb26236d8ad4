//! A task's definition: what `#[task]` makes once for each function.

use std::fmt;
use std::sync::Arc;

use keepwell_core::key::Digest;
use keepwell_core::policy::{NO_CACHE, SourceDepth};
use keepwell_core::run::{TaskDefinition, TaskOptions};
use keepwell_core::store::StoreCache;

use super::caller::Caller;
use super::source::Code;
use super::{CallTable, RunState};
use crate::calling::{self, BoxFuture, Definition};
use crate::settings;

/// A task: its options and its code, and what they amount to.
pub struct Task {
    options: TaskOptions,
    arguments: &'static [&'static str],
    code: Code,
    definition: Arc<TaskDefinition>,
    pub(crate) stores: StoreCache,
}

impl Task {
    /// The task of this name with these arguments and this code, after `set` has set its options.
    ///
    /// Options that are wrong (an excluded argument that there is not, two policies that contradict each other) are
    /// said on the state and in the log of each run, and the task is never cached.
    pub fn new(name: &str, arguments: &'static [&'static str], code: Code, set: impl FnOnce(&mut TaskOptions)) -> Self {
        let mut options = TaskOptions { name: name.into(), ..TaskOptions::default() };
        set(&mut options);
        Self::of(options, arguments, code)
    }

    fn of(options: TaskOptions, arguments: &'static [&'static str], code: Code) -> Self {
        let definition = Arc::new(define(&options, arguments));
        Self { options, arguments, code, definition, stores: StoreCache::default() }
    }

    /// What the options amount to.
    pub fn definition(&self) -> &Arc<TaskDefinition> {
        &self.definition
    }

    /// The digest of the task's code at this depth, or of its version where it has one.
    pub fn source(&self, depth: SourceDepth) -> Digest {
        let code = self.definition.version.as_deref().map_or(self.code, Code::of_version);
        match depth {
            SourceDepth::Shallow => code.shallow,
            SourceDepth::Deep => code.deep,
        }
    }
}

fn define(options: &TaskOptions, arguments: &[&str]) -> TaskDefinition {
    let settings = settings::current();
    TaskDefinition::new(options.clone(), arguments, &settings).unwrap_or_else(|error| {
        let message = format!("Task '{}' is never cached: {}", options.name, error.report());
        let uncached = TaskOptions {
            name: Arc::clone(&options.name),
            hooks: options.hooks.clone(),
            tags: options.tags.clone(),
            cache_policy: Some(NO_CACHE),
            ..TaskOptions::default()
        };
        let mut definition = TaskDefinition::new(uncached, arguments, &settings)
            .expect("a task without a policy and without retries has nothing that can be wrong");
        definition.warnings.push(message);
        definition
    })
}

impl Definition for Task {
    type Options = TaskOptions;

    fn with_options(&self, change: impl FnOnce(&mut TaskOptions)) -> Self {
        let mut options = self.options.clone();
        change(&mut options);
        Self::of(options, self.arguments, self.code)
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

impl fmt::Debug for Task {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Task({})", self.definition.name)
    }
}
