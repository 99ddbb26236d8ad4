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

/// One decision of the engine under way. Dropping it abandons the decision where it stands.
pub struct Procedure<T> {
    code: Pin<Box<dyn Future<Output = T> + Send>>,
    exchange: Arc<Exchange>,
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
        Self { code, exchange }
    }

    /// Runs to the first action, or to the end.
    pub fn start(&mut self) -> Step<T> {
        match self.code.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => Step::Done(result),
            Poll::Pending => Step::Perform(self.exchange.take_action()),
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
}

impl<T> fmt::Debug for Procedure<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Procedure")
    }
}
