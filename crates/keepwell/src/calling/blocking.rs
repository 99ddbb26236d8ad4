//! Calls of ordinary functions: they block until the value is there.

use std::marker::PhantomData;

use keepwell_core::action::{FrontEndAction, Procedure, Reply};
use keepwell_core::driver::{self, FrontEnd};
use keepwell_core::event::Event;

use super::Caller;
use crate::clock;
use crate::flow::Submitted;
use crate::task::RunState;

/// Runs a call to its end.
pub(crate) fn run<A, R>(mut caller: impl Caller<A, R>, body: fn(A) -> R) -> RunState<R> {
    let mut procedure = caller.procedure();
    let end = drive(&mut procedure, &mut caller, body);
    caller.finish(end)
}

/// Drives what the engine decides of a call to its end.
pub(super) fn drive<T, A, R>(procedure: &mut Procedure<T>, caller: &mut impl Caller<A, R>, body: impl Fn(A) -> R) -> T {
    driver::drive(procedure, clock::clock(), &mut Blocking { caller, body, types: PhantomData })
}

struct Blocking<'c, C, B, A, R> {
    caller: &'c mut C,
    body: B,
    types: PhantomData<fn(A) -> R>,
}

impl<A, R, C: Caller<A, R>, B: Fn(A) -> R> FrontEnd for Blocking<'_, C, B, A, R> {
    fn perform(&mut self, action: FrontEndAction) -> Reply {
        self.caller.perform(action).unwrap_or_else(|attempt| {
            let (arguments, context) = self.caller.before_body(attempt);
            let run = self.caller.rules().run(context, || (self.body)(arguments));
            self.caller.submitted().into_iter().for_each(Submitted::wait);
            self.caller.after_body(run)
        })
    }

    fn report(&mut self, event: Event) {
        self.caller.report(&event);
    }
}
