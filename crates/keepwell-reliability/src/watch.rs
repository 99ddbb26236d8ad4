//! Nothing may hang: a scenario that makes no step for long ends the program.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, Once, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// How long a single step may take before it counts as hanging, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(180);

static AT_WORK: LazyLock<Mutex<HashMap<ThreadId, (String, Instant)>>> = LazyLock::new(Mutex::default);
static WATCHMAN: Once = Once::new();

/// Says that this thread has begun another step, described so that a person can begin it again.
pub(crate) fn step(what: impl Into<String>) {
    WATCHMAN.call_once(|| drop(thread::spawn(watch)));
    at_work(|steps| steps.insert(thread::current().id(), (what.into(), Instant::now())));
}

/// Says that this thread has ended.
pub(crate) fn done() {
    at_work(|steps| steps.remove(&thread::current().id()));
}

fn at_work<T>(look: impl FnOnce(&mut HashMap<ThreadId, (String, Instant)>) -> T) -> T {
    look(&mut AT_WORK.lock().unwrap_or_else(PoisonError::into_inner))
}

#[expect(clippy::print_stderr, reason = "a program that prints")]
fn watch() {
    loop {
        thread::sleep(Duration::from_secs(1));
        let stuck = at_work(|steps| steps.values().find(|(_, begun)| begun.elapsed() > PATIENCE).cloned());
        if let Some((what, begun)) = stuck {
            eprintln!("error: stuck for {} s: {what}", begun.elapsed().as_secs());
            std::process::exit(1);
        }
    }
}
