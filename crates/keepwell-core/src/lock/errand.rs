//! Asking a lock manager that may take its time, on a thread of its own: for callers that must not block, or must stay
//! able to give up.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SendError, sync_channel};
use std::thread;
use std::time::Duration;

use event_listener::{Event, EventListener};

use super::{Attempt, LockManager};
use crate::Error;
use crate::id::Holder;
use crate::key::CacheKey;

/// Work on a thread of its own. It goes on to its end even where the errand is dropped; what it came to is undone then.
pub struct Errand<T> {
    outcomes: Receiver<Outcome<T>>,
    done: Arc<Done>,
}

/// What the work came to, or what it panicked with.
type Outcome<T> = Result<T, Box<dyn Any + Send>>;

#[derive(Default)]
struct Done {
    is_done: AtomicBool,
    event: Event,
}

impl<T: Send + 'static> Errand<T> {
    /// Begins `work`; `undo` is told what it came to if nobody takes that.
    pub fn begin(work: impl FnOnce() -> T + Send + 'static, undo: impl FnOnce(T) + Send + 'static) -> Self {
        // Without room in it, what is sent has either been taken or comes back.
        let (sender, outcomes) = sync_channel(0);
        let done = Arc::new(Done::default());
        let at_end = Arc::clone(&done);
        thread::spawn(move || {
            let outcome = catch_unwind(AssertUnwindSafe(work));
            at_end.is_done.store(true, Ordering::SeqCst);
            at_end.event.notify(usize::MAX);
            if let Err(SendError(Ok(left_over))) = sender.send(outcome) {
                undo(left_over);
            }
        });
        Self { outcomes, done }
    }

    /// Is notified once the work is done, also if it is already.
    pub fn listen(&self) -> EventListener {
        let listener = self.done.event.listen();
        if self.done.is_done.load(Ordering::SeqCst) {
            self.done.event.notify(usize::MAX);
        }
        listener
    }

    /// What the work came to, or `None` if it is not done `at_most` later.
    pub fn wait(&self, at_most: Duration) -> Option<T> {
        self.outcomes.recv_timeout(at_most).ok().map(Self::or_panic)
    }

    /// What the work came to, if it is done.
    pub fn take(&self) -> Option<T> {
        if !self.done.is_done.load(Ordering::SeqCst) {
            return None;
        }
        self.outcomes.recv().ok().map(Self::or_panic)
    }

    /// What the work comes to. If the returned future is dropped, it is undone.
    pub async fn finish(self) -> T {
        loop {
            let done = self.listen();
            if let Some(outcome) = self.take() {
                return outcome;
            }
            done.await;
        }
    }

    fn or_panic(outcome: Outcome<T>) -> T {
        outcome.unwrap_or_else(|panic| resume_unwind(panic))
    }
}

impl<T> fmt::Debug for Errand<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Errand").field("is_done", &self.done.is_done).finish_non_exhaustive()
    }
}

/// [`LockManager::try_acquire`] as an errand. Where nobody takes what it came to, the lock is given back.
pub fn try_acquire_apart(
    manager: &Arc<dyn LockManager>,
    key: &CacheKey,
    holder: &Holder,
) -> Errand<Result<Attempt, Error>> {
    let (key, holder) = (key.clone(), holder.clone());
    let asked = (Arc::clone(manager), key.clone(), holder.clone());
    let giving_back = Arc::clone(manager);
    Errand::begin(
        move || asked.0.try_acquire(&asked.1, &asked.2, None),
        move |outcome| {
            if matches!(outcome, Ok(Attempt::Granted)) {
                // A lock that cannot be given back is free when its lease has run out.
                let _ = giving_back.release_lock(&key, &holder);
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::MemoryLockManager;
    use std::sync::mpsc;

    #[test]
    fn an_errand_is_waited_for_until_it_is_done() {
        let (go_on, gate) = mpsc::channel();
        let errand = Errand::begin(move || gate.recv().map(|()| 7), drop);
        assert_eq!(errand.wait(Duration::ZERO), None);
        assert_eq!(errand.take(), None);
        let done = errand.listen();
        go_on.send(()).unwrap();
        event_listener::Listener::wait(done);
        event_listener::Listener::wait(errand.listen());
        assert_eq!(errand.take(), Some(Ok(7)));
    }

    #[test]
    fn what_nobody_takes_is_undone() {
        let (tell, told) = mpsc::channel();
        drop(Errand::begin(|| 7, move |left_over| tell.send(left_over).unwrap()));
        assert_eq!(told.recv(), Ok(7));
    }

    #[test]
    fn a_lock_that_nobody_takes_is_given_back() {
        let manager: Arc<dyn LockManager> =
            Arc::new(MemoryLockManager::separate(Arc::new(crate::clock::SystemClock::new())));
        let key = CacheKey::new("k").unwrap();
        let errand = try_acquire_apart(&manager, &key, &Holder::new("gone"));
        event_listener::Listener::wait(errand.listen());
        assert!(manager.is_lock_holder(&key, &Holder::new("gone")).unwrap());
        drop(errand);
        assert!(manager.wait_for_lock(&key, Some(Duration::from_secs(10))).unwrap());
    }
}
