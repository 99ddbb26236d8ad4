//! The future of a submitted task.

use std::fmt;
use std::future::IntoFuture;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use event_listener::{Event, Listener};
use keepwell_core::run::{State, StateType};
use keepwell_core::{Error, ErrorKind};
use parking_lot::Mutex;

use super::outcome::Outcome;
use super::{BoxFuture, RunState, UpstreamFailed};
use crate::context::Context;
use crate::{runner, settings};

use super::call::Runnable;

/// A task that was submitted: it runs on a worker thread, or has run. May be an input of a later one.
///
/// Dropping it does not stop the task; the flow that submitted it waits for it before the flow itself ends.
#[must_use = "a submitted task runs anyway, but nobody would see its value"]
pub struct TaskFuture<R> {
    shared: Arc<Shared<R>>,
    refuse: fn(Error) -> Result<R, Error>,
}

struct Shared<R> {
    ended: Mutex<Option<Ended<R>>>,
    done: Event,
    /// How to copy the value. Known once the future is an input of another task; from then on the value stays here for it.
    copy: OnceLock<fn(&R) -> R>,
}

struct Ended<R> {
    state: Arc<State>,
    outcome: Option<Outcome<R>>,
}

/// Submits the call that `bind` makes, once its inputs are there. It runs in the surroundings and under the settings of
/// the calling code. For `#[task]`.
pub fn submit<C: Runnable>(
    bind: impl FnOnce() -> Result<C, UpstreamFailed> + Send + 'static,
    refuse: fn(Error) -> Result<C::Return, Error>,
) -> TaskFuture<C::Return>
where
    C::Return: Send + 'static,
{
    let shared = Arc::new(Shared { ended: Mutex::new(None), done: Event::new(), copy: OnceLock::new() });
    let (mut context, settings) = (Context::current(), settings::current());
    let handle = Arc::clone(&shared);
    if let Some(flow) = &context.flow {
        let shared = Arc::clone(&shared);
        flow.submitted.add(Box::new(move || shared.wait()));
    }
    runner::submit(Box::new(move || {
        let run = || match bind() {
            Ok(call) => call.run_here(),
            Err(upstream) => not_ready(&upstream),
        };
        handle.end(settings::with(settings, || context.scope(run)));
    }));
    TaskFuture { shared, refuse }
}

fn not_ready<R>(upstream: &UpstreamFailed) -> RunState<R> {
    let message = upstream.to_string();
    let state = State::new(StateType::Pending, "NotReady").with_message(message.clone());
    RunState::new(Arc::new(state), Outcome::Refused(Error::new(ErrorKind::Missing, message)))
}

impl<R> Shared<R> {
    fn end(&self, run: RunState<R>) {
        let state = Arc::clone(run.state());
        *self.ended.lock() = Some(Ended { state, outcome: Some(run.outcome) });
        self.done.notify(usize::MAX);
    }

    fn is_done(&self) -> bool {
        self.ended.lock().is_some()
    }

    fn wait(&self) {
        if self.is_done() {
            return;
        }
        runner::while_waiting(|| {
            loop {
                let listener = self.done.listen();
                if self.is_done() {
                    return;
                }
                listener.wait();
            }
        });
    }

    fn take(&self) -> RunState<R> {
        let mut ended = self.ended.lock();
        let ended = ended.as_mut().expect("whoever takes the outcome has waited for it");
        let outcome = match (&ended.outcome, self.copy.get()) {
            (Some(Outcome::Value(value)), Some(copy)) => Some(Outcome::Value(copy(value))),
            _ => ended.outcome.take(),
        };
        let taken = || Outcome::Refused(Error::new(ErrorKind::Missing, "the task's value was taken already"));
        RunState::new(Arc::clone(&ended.state), outcome.unwrap_or_else(taken))
    }
}

impl<R> TaskFuture<R> {
    /// Whether the task has come to its end.
    pub fn is_done(&self) -> bool {
        self.shared.is_done()
    }

    /// Waits for the task's end, `timeout` at the most. Says whether it was reached.
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        while !self.is_done() {
            let listener = self.shared.done.listen();
            if self.is_done() {
                return true;
            }
            if listener.wait_deadline(deadline).is_none() {
                return self.is_done();
            }
        }
        true
    }

    /// Waits for the task's end, and gives its final state with the value in it.
    pub fn state(self) -> RunState<R> {
        self.shared.wait();
        self.shared.take()
    }

    /// Waits for the task's end, and gives what a plain call would have.
    ///
    /// # Panics
    /// As a plain call.
    pub fn result(self) -> R {
        let refuse = self.refuse;
        self.state().into_return(refuse)
    }
}

impl<R: Clone> TaskFuture<R> {
    /// The future as an input of another task, which copies the value.
    pub(super) fn share(&self) -> SharedFuture<R> {
        self.shared.copy.get_or_init(|| R::clone);
        SharedFuture(Arc::clone(&self.shared))
    }
}

/// A task's future as an input of another.
pub(super) struct SharedFuture<R>(Arc<Shared<R>>);

impl<R: Clone> SharedFuture<R> {
    /// The final state, once there is one.
    pub(super) fn state(&self) -> Arc<State> {
        self.0.wait();
        let ended = self.0.ended.lock();
        Arc::clone(&ended.as_ref().expect("it has been waited for").state)
    }

    /// A copy of the value.
    pub(super) fn value(&self) -> Result<R, UpstreamFailed> {
        self.0.wait();
        let ended = self.0.ended.lock();
        let ended = ended.as_ref().expect("it has been waited for");
        match &ended.outcome {
            Some(Outcome::Value(value)) => Ok(value.clone()),
            Some(Outcome::Panicked(_) | Outcome::Refused(_)) | None => {
                Err(UpstreamFailed { state: Arc::clone(&ended.state) })
            }
        }
    }
}

impl<R: Send + 'static> IntoFuture for TaskFuture<R> {
    type Output = R;
    type IntoFuture = BoxFuture<'static, R>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            loop {
                let listener = self.shared.done.listen();
                if self.is_done() {
                    return self.result();
                }
                listener.await;
            }
        })
    }
}

impl<R> fmt::Debug for TaskFuture<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_done() { "done" } else { "running" };
        write!(formatter, "TaskFuture({state})")
    }
}
