//! The one thread of the process that renews its leases. It begins with the first lease, and ends when there has been none
//! for a while.
//!
//! A forked child has a copy of its parent's memory and none of its threads; its parent's heart may be locked for ever
//! there. So every process has a heart of its own, found by its id, and touches no other. What a renewal uses is the child's
//! too, so the thread passes the gate of forks whenever it does anything but wait.

use std::mem;
use std::sync::{Arc, OnceLock, Weak};
use std::thread::{self, Thread};
use std::time::Duration;

use parking_lot::Mutex;

use super::Lease;
use crate::fork;

/// How long the thread waits for another lease when it has none.
const IDLE: Duration = Duration::from_secs(10);

static FIRST: OnceLock<Heart> = OnceLock::new();

/// What renews the leases of one process.
#[derive(Debug)]
pub(super) struct Heart {
    process: u32,
    beating: Mutex<Beating>,
    /// That of a child that was forked off this process, in the child.
    child: OnceLock<Box<Heart>>,
}

#[derive(Debug, Default)]
struct Beating {
    leases: Vec<Weak<Lease>>,
    thread: Option<Thread>,
    /// Whether a lease was added since the thread last found none.
    has_new: bool,
}

/// The heart of this process.
pub(super) fn of_process() -> &'static Heart {
    let process = std::process::id();
    let mut heart = FIRST.get_or_init(|| Heart::new(process));
    while heart.process != process {
        heart = heart.child.get_or_init(|| Box::new(Heart::new(process)));
    }
    heart
}

impl Heart {
    fn new(process: u32) -> Self {
        Self { process, beating: Mutex::default(), child: OnceLock::new() }
    }

    /// Renews the lease from now on. Where no thread can be started it is not renewed, and so lost in time, unless another
    /// lease comes for which one can.
    pub(super) fn attend(&'static self, lease: &Arc<Lease>) {
        let mut beating = self.beating.lock();
        beating.leases.push(Arc::downgrade(lease));
        beating.has_new = true;
        if let Some(thread) = &beating.thread {
            thread.unpark();
        } else {
            let thread = thread::Builder::new().name("keepwell-heartbeat".to_owned());
            beating.thread = thread.spawn(|| self.beat_on()).ok().map(|thread| thread.thread().clone());
        }
    }

    fn beat_on(&self) {
        loop {
            let due_in = fork::inside(|| self.beat_if_due());
            match due_in {
                Some(Duration::ZERO) => {}
                Some(due_in) => thread::park_timeout(due_in),
                None => {
                    thread::park_timeout(IDLE);
                    if fork::inside(|| self.ends()) {
                        return;
                    }
                }
            }
        }
    }

    /// Renews the lease that is due, if one is, and says when to look again; `None` if there is no lease.
    fn beat_if_due(&self) -> Option<Duration> {
        let (lease, due_in) = self.beating.lock().next()?;
        match u64::try_from(due_in) {
            Ok(nanoseconds @ 1..) => Some(Duration::from_nanos(nanoseconds)),
            Ok(0) | Err(_) => {
                lease.beat();
                Some(Duration::ZERO)
            }
        }
    }

    /// Ends the thread, unless a lease was added since this was last asked.
    fn ends(&self) -> bool {
        let mut beating = self.beating.lock();
        if !mem::take(&mut beating.has_new) {
            beating.thread = None;
        }
        beating.thread.is_none()
    }
}

impl Beating {
    /// The lease whose renewal is due first, and in how many nanoseconds; those that are over are forgotten. The one that
    /// is overdue for longest comes first, so that no lease whose renewals hang keeps the others from theirs.
    fn next(&mut self) -> Option<(Arc<Lease>, i128)> {
        let mut next: Option<(Arc<Lease>, i128)> = None;
        self.leases.retain(|lease| {
            let Some(lease) = lease.upgrade().filter(|lease| !lease.is_over()) else { return false };
            let due_in = lease.due_in();
            if next.as_ref().is_none_or(|(_, earliest)| due_in < *earliest) {
                next = Some((lease, due_in));
            }
            true
        });
        next
    }
}
