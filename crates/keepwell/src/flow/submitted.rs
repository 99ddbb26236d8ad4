//! The tasks that were submitted in a flow run.

use std::sync::Arc;

use event_listener::Event;
use parking_lot::Mutex;

use crate::runner;

type Wait = Box<dyn FnOnce() + Send>;

/// The tasks that were submitted in a flow run: the run does not end before they have.
#[derive(Default)]
pub(crate) struct Submitted(Mutex<Vec<Wait>>);

impl Submitted {
    /// Takes note of a submitted task, which `wait` waits for.
    pub(crate) fn add(&self, wait: Wait) {
        self.0.lock().push(wait);
    }

    /// Waits for every task, also for those that are submitted meanwhile.
    pub(crate) fn wait(&self) {
        loop {
            let waits = std::mem::take(&mut *self.0.lock());
            if waits.is_empty() {
                return;
            }
            waits.into_iter().for_each(|wait| wait());
        }
    }

    /// [`wait`](Self::wait) without blocking the thread: a worker waits in its place.
    pub(crate) async fn wait_async(&self) {
        loop {
            let waits = std::mem::take(&mut *self.0.lock());
            if waits.is_empty() {
                return;
            }
            let ended = Arc::new(Event::new());
            let listener = ended.listen();
            runner::submit(Box::new(move || {
                waits.into_iter().for_each(|wait| wait());
                ended.notify(1);
            }));
            listener.await;
        }
    }
}
