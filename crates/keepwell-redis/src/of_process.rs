//! What belongs to one process: a forked child has its own, and touches nothing of its parent's.
//!
//! A thread of the parent may have had any of it locked at the fork, and a connection that two processes write to is none.

use std::fmt;
use std::sync::{Arc, OnceLock};

/// What this process has, and what a child that was forked off it has, in the child.
pub(crate) struct OfProcess<T> {
    process: u32,
    own: Arc<T>,
    child: OnceLock<Box<OfProcess<T>>>,
}

impl<T> OfProcess<T> {
    pub(crate) fn new(own: T) -> Self {
        Self { process: std::process::id(), own: Arc::new(own), child: OnceLock::new() }
    }

    /// What is of this process, made when it first asks for it.
    pub(crate) fn get(&self, make: impl Fn() -> T) -> &Arc<T> {
        let process = std::process::id();
        let mut of_process = self;
        while of_process.process != process {
            of_process = of_process.child.get_or_init(|| Box::new(Self::new(make())));
        }
        &of_process.own
    }
}

impl<T: fmt::Debug> fmt::Debug for OfProcess<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OfProcess").field("process", &self.process).finish_non_exhaustive()
    }
}
