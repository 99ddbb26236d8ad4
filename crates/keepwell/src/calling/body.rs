//! Running the user's function, and saying how it ended. Tasks and flows alike.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_lite::FutureExt;
use keepwell_core::action::{BodyOutcome, BodyReport, FailureKind, Reply};
use keepwell_core::lock::lease::Lease;
use keepwell_core::transaction::{self, Transaction};
use keepwell_core::{Error, ErrorKind};

use crate::context::{Context, InContext};
use crate::task::{Outcome, ReturnTable, panic_message};
use crate::{clock, waiting};

/// How a body ended: with a return value, with what it panicked with, or because its time ran out or its lock was lost.
enum BodyEnd<R> {
    Returned(R),
    Panicked(Box<dyn Any + Send>),
    TimedOut,
    LeaseLost(Error),
}

/// One run of a body: what it left, and what to tell the engine of it.
pub(crate) struct BodyRun<R> {
    pub(crate) outcome: Outcome<R>,
    pub(crate) reply: Reply,
}

/// How the bodies of one definition are run.
pub(crate) struct BodyRules<R> {
    /// `Task` or `Flow`, for messages.
    pub(crate) kind: &'static str,
    pub(crate) timeout: Option<Duration>,
    pub(crate) returned: ReturnTable<R>,
}

impl<R> BodyRules<R> {
    /// Runs an ordinary function. It cannot be stopped, so its time is looked at when it has returned.
    pub(crate) fn run(&self, mut context: Context, body: impl FnOnce() -> R) -> BodyRun<R> {
        let started = clock::monotonic();
        let end = match context.scope(|| catch_unwind(AssertUnwindSafe(body))) {
            Err(panic) => BodyEnd::Panicked(panic),
            Ok(_) if self.timeout.is_some_and(|timeout| clock::monotonic() - started > timeout) => BodyEnd::TimedOut,
            Ok(value) => BodyEnd::Returned(value),
        };
        self.ended(end, started)
    }

    /// Runs an async function. When its time runs out, or a lock that it relies on is lost, its future is dropped.
    pub(crate) async fn run_async<F>(&self, mut context: Context, body: impl FnOnce() -> Pin<Box<F>>) -> BodyRun<R>
    where
        F: Future<Output = R> + ?Sized,
    {
        let started = clock::monotonic();
        let leases = context.transaction.as_ref().map(Transaction::leases_to_heed).unwrap_or_default();
        let future = match context.scope(|| catch_unwind(AssertUnwindSafe(body))) {
            Ok(future) => AssertUnwindSafe(InContext::new(context, future)).catch_unwind(),
            Err(panic) => return self.ended(BodyEnd::Panicked(panic), started),
        };
        let run = async {
            match waiting::at_most(self.timeout, future).await {
                Some(Ok(value)) => BodyEnd::Returned(value),
                Some(Err(panic)) => BodyEnd::Panicked(panic),
                None => BodyEnd::TimedOut,
            }
        };
        // On the heap: most bodies rely on no lease.
        let end = if leases.is_empty() { run.await } else { Box::pin(run.or(any_lost(leases))).await };
        self.ended(end, started)
    }

    fn ended(&self, end: BodyEnd<R>, started: Duration) -> BodyRun<R> {
        let (outcome, told) = match end {
            BodyEnd::Returned(value) => {
                let told = match (self.returned.failure)(&value) {
                    None => BodyOutcome::Returned,
                    Some(message) => BodyOutcome::Failed { kind: FailureKind::Raised, message, may_retry: true },
                };
                (Outcome::Value(value), told)
            }
            BodyEnd::Panicked(panic) => {
                let message = format!("panic: {}", panic_message(&*panic));
                (Outcome::Panicked(panic), BodyOutcome::Failed { kind: FailureKind::Raised, message, may_retry: true })
            }
            BodyEnd::LeaseLost(error) => {
                let message = error.report();
                (Outcome::Refused(error), BodyOutcome::Failed { kind: FailureKind::Raised, message, may_retry: false })
            }
            BodyEnd::TimedOut => {
                let message = self.timeout_message();
                let error = Error::new(ErrorKind::User, message.as_str());
                (Outcome::Refused(error), BodyOutcome::Failed { kind: FailureKind::TimedOut, message, may_retry: true })
            }
        };
        let duration = clock::monotonic().saturating_sub(started);
        BodyRun {
            outcome,
            reply: Reply::Body(BodyReport { outcome: told, ended: clock::now(), duration, state: None }),
        }
    }

    fn timeout_message(&self) -> String {
        let seconds = self.timeout.unwrap_or_default().as_secs_f64();
        format!("{} run exceeded timeout of {seconds} second(s)", self.kind)
    }
}

/// Ends when any of the leases is lost.
async fn any_lost<R>(leases: Vec<Arc<Lease>>) -> BodyEnd<R> {
    let mut listeners: Vec<_> = leases.iter().map(|lease| lease.lost()).collect();
    let lost = poll_fn(|context| {
        let lost = listeners.iter_mut().position(|listener| Pin::new(listener).poll(context).is_ready());
        lost.map_or(Poll::Pending, Poll::Ready)
    });
    BodyEnd::LeaseLost(transaction::cancelled(&leases[lost.await]))
}
