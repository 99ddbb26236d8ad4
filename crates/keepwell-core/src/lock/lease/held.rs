//! A lease that this process has, shared by whoever renews it and whoever relies on it.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use event_listener::{Event, EventListener};
use parking_lot::Mutex;

use super::course::Course;
use super::{LeaseState, LeaseTerms, heart};
use crate::clock::Clock;
use crate::id::process_id;
use crate::mistake::{self, Mistake};
use crate::{Error, ErrorKind, fork, simulation};

/// Renews one lease where it was granted.
pub trait Renew: Send + Sync {
    /// Asks for the lease to go on for its whole length from now. Called by the heartbeat thread, which renews nothing else
    /// meanwhile: an answer that does not come must become an error well within a heartbeat.
    ///
    /// # Errors
    /// Any: it could not be learnt whether the lease was renewed. It will be asked again soon.
    fn renew(&self) -> Result<Renewal, Error>;
}

/// What a renewal found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// The lease goes on.
    Kept,
    /// There is no such lease: it ran out, was broken, or somebody else has the lock.
    Gone,
}

/// A lease that this process was granted. Its lock manager keeps it for as long as the lock is held.
///
/// A child that was forked off has none of its parent's leases: there, each is lost.
pub struct Lease {
    terms: LeaseTerms,
    clock: Arc<dyn Clock>,
    renew: Arc<dyn Renew>,
    process: u32,
    course: Mutex<Course>,
    ended: AtomicBool,
    lost: Event,
}

impl Lease {
    /// The lease of a lock that was just granted, when it had been asked for at `sent_at` of the clock's monotonic time. From
    /// now on the heartbeat thread renews it, until it is ended, lost, or nobody has it. In a simulation, which has no such
    /// thread, it is [unattended](Self::unattended).
    pub fn begin(terms: LeaseTerms, sent_at: Duration, clock: Arc<dyn Clock>, renew: Arc<dyn Renew>) -> Arc<Self> {
        let lease = Self::unattended(terms, sent_at, clock, renew);
        if simulation::ask(|_| ()).is_none() {
            fork::inside(|| heart::of_process().attend(&lease));
        }
        lease
    }

    /// [`begin`](Self::begin), but that whoever has it must [`beat`](Self::beat): for tests and simulations, whose time the
    /// heartbeat thread does not follow.
    pub fn unattended(terms: LeaseTerms, sent_at: Duration, clock: Arc<dyn Clock>, renew: Arc<dyn Renew>) -> Arc<Self> {
        let course = Mutex::new(Course::new(terms, sent_at));
        let process = process_id();
        Arc::new(Self { terms, clock, renew, process, course, ended: AtomicBool::new(false), lost: Event::new() })
    }

    /// Whether it was granted to this process, and not to one that this was forked off.
    pub fn is_of_process(&self) -> bool {
        !self.is_of_parent()
    }

    /// What it was granted on.
    pub fn terms(&self) -> LeaseTerms {
        self.terms
    }

    /// How it stands now.
    pub fn state(&self) -> LeaseState {
        if self.is_of_parent() {
            return LeaseState::Lost;
        }
        let state = self.course.lock().state(self.clock.monotonic());
        self.tell(state)
    }

    /// Until when of the clock's monotonic time it may be relied on if no renewal succeeds.
    pub fn valid_until(&self) -> Duration {
        if self.is_of_parent() { Duration::ZERO } else { self.course.lock().valid_until() }
    }

    /// Is notified when the lease is lost; at once if it is lost already. Not when it is ended.
    pub fn lost(&self) -> EventListener {
        if self.is_of_parent() {
            let event = Event::new();
            let listener = event.listen();
            event.notify(usize::MAX);
            return listener;
        }
        let listener = self.lost.listen();
        // What was lost before this began to listen is told again.
        self.state();
        listener
    }

    /// Why the last renewal did not succeed, where it did not.
    pub fn trouble(&self) -> Option<String> {
        if self.is_of_parent() { None } else { self.course.lock().trouble() }
    }

    /// Whether it was in danger at any time, also if it is not any more.
    pub fn was_in_danger(&self) -> bool {
        !self.is_of_parent() && self.course.lock().was_in_danger()
    }

    /// Ends it, because its lock is given back: it is renewed no more, and nobody is told that it is lost.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Release);
    }

    /// Renews it once, and says how it stands then.
    pub fn beat(&self) -> LeaseState {
        let sent_at = self.clock.monotonic();
        if mistake::is_planted(Mistake::LeaseNotRenewed) {
            return self.state();
        }
        let answer = catch_unwind(AssertUnwindSafe(|| self.renew.renew()))
            .unwrap_or_else(|_| Err(Error::new(ErrorKind::Storage, "the renewal of a lease panicked")));
        let state = self.course.lock().beat(sent_at, self.clock.monotonic(), answer);
        self.tell(state)
    }

    /// Whether there is anything left to renew.
    pub(super) fn is_over(&self) -> bool {
        self.ended.load(Ordering::Acquire) || self.state() == LeaseState::Lost
    }

    /// Nanoseconds until the next renewal is due; negative where it is overdue.
    pub(super) fn due_in(&self) -> i128 {
        let nanoseconds = |time: Duration| i128::try_from(time.as_nanos()).unwrap_or(i128::MAX);
        nanoseconds(self.course.lock().next_beat()) - nanoseconds(self.clock.monotonic())
    }

    fn tell(&self, state: LeaseState) -> LeaseState {
        if state == LeaseState::Lost && !self.ended.load(Ordering::Acquire) {
            self.lost.notify(usize::MAX);
        }
        state
    }

    /// A thread of the parent may have had the lock of anything in here when this process was forked off.
    fn is_of_parent(&self) -> bool {
        self.process != process_id()
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Lease")
            .field("terms", &self.terms)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
