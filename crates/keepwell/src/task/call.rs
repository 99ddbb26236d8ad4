//! A call of a task, and what a worker thread can do with it.

use super::{RunState, Task};
use crate::calling;

/// A call of an ordinary function that is a task, not yet run.
pub type Call<A, R> = calling::Call<Task, A, R>;

/// A call of an async function that is a task, not yet run.
pub type AsyncCall<'a, A, R> = calling::AsyncCall<'a, Task, A, R>;

/// A call that a worker thread can run.
pub trait Runnable {
    /// What the function returns.
    type Return;

    /// Runs the task on this thread, for its final state.
    fn run_here(self) -> RunState<Self::Return>;
}

impl<A, R> Runnable for Call<A, R> {
    type Return = R;

    fn run_here(self) -> RunState<R> {
        self.state()
    }
}

impl<A, R> Runnable for AsyncCall<'_, A, R> {
    type Return = R;

    fn run_here(self) -> RunState<R> {
        futures_lite::future::block_on(self.state())
    }
}
