//! A call from its arguments to its end, for tasks and flows alike: blocking, or awaited.
//!
//! [`Call`] and [`AsyncCall`] are calls that are not yet run. The engine decides how they end. What it asks a front end for
//! is answered by a `Caller`; running the body is the one thing in which blocking and async calls differ.

mod arguments;
mod asynchronous;
mod blocking;
mod body;
mod call;
mod definition;

use keepwell_core::action::{FrontEndAction, Procedure, Reply};
use keepwell_core::event::Event;

use crate::context::Context;
use crate::flow::Submitted;
use crate::task::RunState;

pub(crate) use arguments::Arguments;
pub use asynchronous::BoxFuture;
pub(crate) use asynchronous::run_async;
pub(crate) use blocking::run;
pub(crate) use body::{BodyRules, BodyRun};
pub use call::{AsyncCall, Call};
pub use definition::Definition;
pub(crate) use definition::Which;

/// One call on its way, with arguments `A` and a return value `R`.
pub(crate) trait Caller<A, R> {
    /// What is known of an attempt to run the body.
    type Attempt;

    /// How the engine says that the call ended.
    type End;

    /// What the engine decides of the call.
    fn procedure(&self) -> Procedure<Self::End>;

    /// What the call leaves behind.
    fn finish(&mut self, end: Self::End) -> RunState<R>;

    /// Does what the engine asks for, but for running the body: that attempt is handed back.
    fn perform(&mut self, action: FrontEndAction) -> Result<Reply, Self::Attempt>;

    /// The arguments of an attempt, and what surrounds its body.
    fn before_body(&mut self, attempt: Self::Attempt) -> (A, Context);

    /// How the body is run.
    fn rules(&self) -> BodyRules<R>;

    /// The tasks that the body has submitted and that must have ended before it has.
    fn submitted(&self) -> Option<&Submitted> {
        None
    }

    /// Takes note of how the body ended, and gives the reply that the engine is owed.
    fn after_body(&mut self, run: BodyRun<R>) -> Reply;

    /// Tells of an event.
    fn report(&self, event: &Event);
}
