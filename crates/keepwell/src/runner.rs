//! Worker threads for submitted tasks.
//!
//! Threads are started when there is work and none is idle, up to the limit that the settings name. A worker that waits
//! for another task does not count towards the limit, so tasks that submit tasks cannot starve themselves.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::settings;

type Job = Box<dyn FnOnce() + Send>;

/// How long an idle worker stays.
const IDLE: Duration = Duration::from_secs(10);

struct Pool {
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    /// Workers that wait for work and have not been woken.
    idle: usize,
    /// Workers that have been woken and have not noticed yet; they count as busy.
    woken: usize,
    busy: usize,
}

static POOL: LazyLock<Pool> = LazyLock::new(|| Pool { state: Mutex::default(), work: Condvar::new() });

thread_local! {
    static IS_WORKER: Cell<bool> = const { Cell::new(false) };
}

/// Has a worker thread run `job`, inside the tokio runtime of the calling code where there is one.
pub(crate) fn submit(job: Job) {
    let job = in_callers_runtime(job);
    let mut state = POOL.state.lock();
    state.queue.push_back(job);
    POOL.staff(&mut state);
}

/// Runs `wait`, which waits for another task. If this is a worker, another may take its place meanwhile.
pub(crate) fn while_waiting<R>(wait: impl FnOnce() -> R) -> R {
    if !IS_WORKER.get() {
        return wait();
    }
    {
        let mut state = POOL.state.lock();
        state.busy -= 1;
        POOL.staff(&mut state);
    }
    let result = wait();
    POOL.state.lock().busy += 1;
    result
}

impl Pool {
    /// Wakes or starts a worker if there is work for one and the limit allows it.
    fn staff(&self, state: &mut State) {
        if state.queue.is_empty() {
            return;
        }
        let limit = settings::current().task_runner.thread_pool_max_workers;
        if limit.is_some_and(|limit| state.busy >= limit.get()) {
            return;
        }
        state.busy += 1;
        if state.idle > 0 {
            state.idle -= 1;
            state.woken += 1;
            self.work.notify_one();
        } else {
            start_worker();
        }
    }

    fn work(&self) {
        IS_WORKER.set(true);
        let mut state = self.state.lock();
        loop {
            if let Some(job) = state.queue.pop_front() {
                drop(state);
                job();
                state = self.state.lock();
                continue;
            }
            state.busy -= 1;
            state.idle += 1;
            if !self.is_woken(&mut state) {
                state.idle -= 1;
                return;
            }
        }
    }

    /// Waits for work. Says no if none came for as long as an idle worker stays.
    fn is_woken(&self, state: &mut MutexGuard<'_, State>) -> bool {
        loop {
            let timed_out = self.work.wait_for(state, IDLE).timed_out();
            if state.woken > 0 {
                state.woken -= 1;
                return true;
            }
            if timed_out {
                return false;
            }
        }
    }
}

fn start_worker() {
    thread::Builder::new()
        .name("keepwell worker".to_owned())
        .spawn(|| POOL.work())
        .expect("the operating system starts a thread");
}

#[cfg(feature = "tokio")]
fn in_callers_runtime(job: Job) -> Job {
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => Box::new(move || {
            let _inside = runtime.enter();
            job();
        }),
        Err(_) => job,
    }
}

#[cfg(not(feature = "tokio"))]
fn in_callers_runtime(job: Job) -> Job {
    job
}
