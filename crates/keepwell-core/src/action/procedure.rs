//! Straight code that stops at every action.
//!
//! A procedure is an `async` block whose only awaits are on [`Outside`]. The compiler turns it into the state machine
//! that we would otherwise write by hand; no runtime is involved.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::outside::{Exchange, Outside};
use super::{Action, Reply};
use crate::event::Event;

/// One decision of the engine under way. Dropping it in the middle leaves locks held: [`abandon`](Self::abandon) it.
pub struct Procedure<T> {
    code: Pin<Box<dyn Future<Output = T> + Send>>,
    exchange: Arc<Exchange>,
    progress: Progress,
}

#[derive(Clone, Copy, PartialEq)]
enum Progress {
    NotBegun,
    UnderWay,
    Done,
}

/// What a procedure needs next.
#[derive(Debug)]
pub enum Step<T> {
    /// Perform this and resume with its reply.
    Perform(Action),
    /// It has come to its end.
    Done(T),
}

impl<T> Procedure<T> {
    /// The procedure that `code` describes.
    pub(crate) fn new<F>(code: impl FnOnce(Outside) -> F) -> Self
    where
        F: Future<Output = T> + Send + 'static,
    {
        let exchange = Arc::new(Exchange::default());
        let code = Box::pin(code(Outside::new(Arc::clone(&exchange))));
        Self { code, exchange, progress: Progress::NotBegun }
    }

    /// Runs to the first action, or to the end.
    pub fn start(&mut self) -> Step<T> {
        match self.code.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => {
                self.progress = Progress::Done;
                Step::Done(result)
            }
            Poll::Pending => {
                self.progress = Progress::UnderWay;
                Step::Perform(self.exchange.take_action())
            }
        }
    }

    /// Runs on from the last action, which came to `reply`.
    ///
    /// # Panics
    /// If the reply is not the one that the action is owed: an error in the driver.
    pub fn resume(&mut self, reply: Reply) -> Step<T> {
        self.exchange.put_reply(reply);
        self.start()
    }

    /// What has happened since this was last asked, in order. A driver asks after every step, before it performs the
    /// action that the step came to.
    pub fn take_events(&mut self) -> Vec<Event> {
        self.exchange.take_events()
    }

    /// Gives the decision up in the middle: the reply to the last action will never come, whether or not it was
    /// performed. To be driven to its end like any other, the procedure now begins nothing more. It undoes what is
    /// staged, gives back what it holds, and asks for nothing but that: rollback hooks, releases and reports. A commit
    /// that was under way is not undone, and counts as unknown.
    ///
    /// The body, if the last action was to run it, must have been given up before. `None` if there is nothing to give
    /// up: the procedure was not begun, or has come to its end.
    pub fn abandon(&mut self) -> Option<&mut Self> {
        if self.progress != Progress::UnderWay {
            return None;
        }
        self.exchange.abandon();
        Some(self)
    }
}

impl<T> fmt::Debug for Procedure<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Procedure")
    }
}
