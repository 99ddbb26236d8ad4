//! The tasks that were submitted in a flow run.

use parking_lot::Mutex;

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
}
