//! The gate that the engine's work passes, so that no process is forked in the middle of it.
//!
//! A forked child has only the thread that forked: what another one had locked inside the engine at that moment would stay
//! locked in the child for ever. So a fork waits until nobody is inside, and lets nobody in meanwhile. Whoever waits at the
//! gate does so for a moment only, then goes on all the same: code of the user's that runs inside may fork itself, or wait
//! for whoever does.
//!
//! A front end whose process may fork has its calls pass [`inside`], and says [`before`] and after each fork. Threads of the
//! engine's own pass by themselves.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::clock;

/// How long anybody waits at the gate.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often whoever waits looks again.
const PAUSE: Duration = Duration::from_micros(100);

static INSIDE: AtomicUsize = AtomicUsize::new(0);
static CLOSED: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// How deep this thread is inside.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Does what must not be torn apart by a fork, at no moment at which another thread forks.
pub fn inside<T>(work: impl FnOnce() -> T) -> T {
    let _inside = Inside::enter();
    work()
}

/// Closes the gate, and waits until nobody but this thread is inside: this thread is about to fork.
pub fn before() {
    CLOSED.store(true, Ordering::SeqCst);
    let own = DEPTH.get();
    wait_until(|| INSIDE.load(Ordering::SeqCst) <= own);
}

/// Opens the gate in the parent, after the fork or the failure of one.
pub fn after_in_parent() {
    CLOSED.store(false, Ordering::SeqCst);
}

/// Opens the gate in the child.
pub fn after_in_child() {
    INSIDE.store(DEPTH.get(), Ordering::SeqCst);
    CLOSED.store(false, Ordering::SeqCst);
}

struct Inside;

impl Inside {
    fn enter() -> Self {
        let depth = DEPTH.get();
        DEPTH.set(depth + 1);
        INSIDE.fetch_add(1, Ordering::SeqCst);
        if depth == 0 && CLOSED.load(Ordering::SeqCst) {
            INSIDE.fetch_sub(1, Ordering::SeqCst);
            wait_until(|| !CLOSED.load(Ordering::SeqCst));
            INSIDE.fetch_add(1, Ordering::SeqCst);
        }
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get().saturating_sub(1));
        // In a child that was forked from inside there may be nobody left to count.
        let _ = INSIDE.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |inside| inside.checked_sub(1));
    }
}

fn wait_until(holds: impl Fn() -> bool) {
    let clock = clock::of_process();
    let start = clock.monotonic();
    while !holds() && clock.monotonic().saturating_sub(start) < PATIENCE {
        clock.sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::thread;

    #[test]
    fn a_fork_waits_for_who_is_inside_and_keeps_the_others_out_until_it_is_over() {
        let (tell, told) = mpsc::channel();
        let (go_on, gate) = mpsc::channel();
        let inside_already = {
            let tell = tell.clone();
            thread::spawn(move || {
                inside(|| {
                    tell.send("inside").unwrap();
                    gate.recv().unwrap();
                    inside(|| tell.send("deeper inside").unwrap());
                });
            })
        };
        assert_eq!(told.recv(), Ok("inside"));
        let forking = {
            let tell = tell.clone();
            thread::spawn(move || {
                before();
                tell.send("forked").unwrap();
            })
        };
        while !CLOSED.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        go_on.send(()).unwrap();
        assert_eq!((told.recv(), told.recv()), (Ok("deeper inside"), Ok("forked")));
        inside_already.join().unwrap();
        forking.join().unwrap();

        let late = thread::spawn(move || inside(|| tell.send("late").unwrap()));
        assert_eq!(told.recv_timeout(PATIENCE / 10), Err(mpsc::RecvTimeoutError::Timeout));
        after_in_parent();
        assert_eq!(told.recv(), Ok("late"));
        late.join().unwrap();

        assert_eq!(inside(|| inside(after_in_child)), ());
        assert_eq!(INSIDE.load(Ordering::SeqCst), 0);
    }
}
