//! Setting what surrounds a piece of code, and setting it back.

use std::cell::RefCell;
use std::pin::Pin;
use std::sync::Arc;
use std::task;

use keepwell_core::transaction::Transaction;

use super::{FlowRunContext, TaskRunContext};
use crate::settings::{self, Settings};

/// What surrounds a piece of code. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context {
    pub(crate) flow: Option<Arc<FlowRunContext>>,
    pub(crate) task: Option<Arc<TaskRunContext>>,
    pub(crate) transaction: Option<Transaction>,
}

thread_local! {
    static CURRENT: RefCell<Context> = RefCell::default();
}

/// Puts back what was there before, also when the code inside panics.
struct Restore<'a>(&'a mut Context);

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        CURRENT.with_borrow_mut(|current| std::mem::swap(current, self.0));
    }
}

impl Context {
    /// What surrounds the calling code.
    pub(crate) fn current() -> Self {
        Self::with(Self::clone)
    }

    /// Whether results are kept around here: the task around decides, else the flow.
    pub(crate) fn persistence(&self) -> Option<bool> {
        let of_task = self.task.as_ref().map(|task| task.persists);
        of_task.or_else(|| self.flow.as_ref().and_then(|flow| flow.persist_result))
    }

    pub(crate) fn with<R>(look: impl FnOnce(&Self) -> R) -> R {
        CURRENT.with_borrow(look)
    }

    /// Runs `code` with this around it. Changes nothing in `self` but for the time that the code runs.
    pub(crate) fn scope<R>(&mut self, code: impl FnOnce() -> R) -> R {
        CURRENT.with_borrow_mut(|current| std::mem::swap(current, self));
        let _restore = Restore(self);
        code()
    }
}

/// A future that has the same surroundings whenever it is polled, and the settings under which it was made.
#[derive(Debug)]
pub(crate) struct InContext<F> {
    context: Context,
    settings: Arc<Settings>,
    future: F,
}

impl<F> InContext<F> {
    pub(crate) fn new(context: Context, future: F) -> Self {
        Self { context, settings: settings::current(), future }
    }
}

impl<F: Future + Unpin> Future for InContext<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, waker: &mut task::Context<'_>) -> task::Poll<F::Output> {
        let Self { context, settings, future } = &mut *self;
        settings::with(Arc::clone(settings), || context.scope(|| Pin::new(future).poll(waker)))
    }
}
