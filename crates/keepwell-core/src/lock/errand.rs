//! Asking a lock manager that may take its time, on a thread of its own: for callers that must not block, or must stay
//! able to give up.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use event_listener::{Event, EventListener};
use parking_lot::{Condvar, Mutex};

use super::{Attempt, LockManager};
use crate::Error;
use crate::id::Holder;
use crate::key::CacheKey;

/// Work on a thread of its own. It goes on to its end even where the errand is dropped; what it came to is undone then.
pub struct Errand<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    stage: Mutex<Stage<T>>,
    /// Told of every new stage.
    changed: Condvar,
    done: Event,
}

enum Stage<T> {
    UnderWay,
    /// Nobody has asked yet what came of it.
    Done(Outcome<T>),
    Taken,
    /// Nobody will ask.
    Abandoned(Option<Outcome<T>>),
}

/// What the work came to, or what it panicked with.
type Outcome<T> = Result<T, Box<dyn Any + Send>>;

impl<T: Send + 'static> Errand<T> {
    /// Begins `work`; `undo` is told what it came to if nobody takes that.
    pub fn begin(work: impl FnOnce() -> T + Send + 'static, undo: impl FnOnce(T) + Send + 'static) -> Self {
        let shared =
            Arc::new(Shared { stage: Mutex::new(Stage::UnderWay), changed: Condvar::new(), done: Event::new() });
        let on_thread = Arc::clone(&shared);
        thread::spawn(move || {
            if let Some(Ok(left_over)) = on_thread.hand_over(catch_unwind(AssertUnwindSafe(work))) {
                undo(left_over);
            }
        });
        Self { shared }
    }

    /// Is notified once the work is done, also if it is already.
    pub fn listen(&self) -> EventListener {
        let listener = self.shared.done.listen();
        if matches!(*self.shared.stage.lock(), Stage::Done(_)) {
            self.shared.done.notify(usize::MAX);
        }
        listener
    }

    /// What the work came to, or `None` if it is not done `at_most` later.
    pub fn wait(&self, at_most: Duration) -> Option<T> {
        let mut stage = self.shared.stage.lock();
        self.shared.changed.wait_while_for(&mut stage, |stage| matches!(stage, Stage::UnderWay), at_most);
        drop(stage);
        self.take()
    }

    /// What the work came to, if it is done.
    pub fn take(&self) -> Option<T> {
        let outcome = self.shared.next(|stage| match stage {
            Stage::Done(outcome) => (Stage::Taken, Some(outcome)),
            other @ (Stage::UnderWay | Stage::Taken | Stage::Abandoned(_)) => (other, None),
        })?;
        Some(outcome.unwrap_or_else(|panic| resume_unwind(panic)))
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
}

impl<T> Shared<T> {
    /// Goes to the next stage, and gives what is left of this one.
    fn next<R>(&self, step: impl FnOnce(Stage<T>) -> (Stage<T>, R)) -> R {
        let mut stage = self.stage.lock();
        let (next, left) = step(std::mem::replace(&mut *stage, Stage::Taken));
        *stage = next;
        drop(stage);
        self.changed.notify_all();
        left
    }

    /// Leaves the outcome to whoever asks for it, and gives it back once it is sure that nobody will.
    fn hand_over(&self, outcome: Outcome<T>) -> Option<Outcome<T>> {
        let left = self.next(|stage| match stage {
            Stage::Abandoned(_) => (Stage::Taken, Some(outcome)),
            Stage::UnderWay | Stage::Done(_) | Stage::Taken => (Stage::Done(outcome), None),
        });
        if left.is_some() {
            return left;
        }
        self.done.notify(usize::MAX);
        let mut stage = self.stage.lock();
        self.changed.wait_while(&mut stage, |stage| matches!(stage, Stage::Done(_)));
        match &mut *stage {
            Stage::Abandoned(outcome) => outcome.take(),
            Stage::UnderWay | Stage::Done(_) | Stage::Taken => None,
        }
    }
}

impl<T> Drop for Errand<T> {
    fn drop(&mut self) {
        self.shared.next(|stage| match stage {
            Stage::UnderWay => (Stage::Abandoned(None), ()),
            Stage::Done(outcome) => (Stage::Abandoned(Some(outcome)), ()),
            other @ (Stage::Taken | Stage::Abandoned(_)) => (other, ()),
        });
    }
}

impl<T> fmt::Debug for Errand<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Errand").finish_non_exhaustive()
    }
}

/// [`LockManager::try_acquire`] as an errand. Where nobody takes what it came to, the lock is given back.
pub fn try_acquire_apart(
    manager: &Arc<dyn LockManager>,
    key: &CacheKey,
    holder: &Holder,
    hold_timeout: Option<Duration>,
) -> Errand<Result<Attempt, Error>> {
    let (key, holder) = (key.clone(), holder.clone());
    let asked = (Arc::clone(manager), key.clone(), holder.clone());
    let giving_back = Arc::clone(manager);
    Errand::begin(
        move || asked.0.try_acquire(&asked.1, &asked.2, hold_timeout),
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
        let errand = try_acquire_apart(&manager, &key, &Holder::new("gone"), None);
        event_listener::Listener::wait(errand.listen());
        assert!(manager.is_lock_holder(&key, &Holder::new("gone")).unwrap());
        drop(errand);
        assert!(manager.wait_for_lock(&key, Some(Duration::from_secs(10))).unwrap());
    }
}
