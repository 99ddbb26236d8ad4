//! A clock that stands still until a test moves it.

use std::time::Duration;

use keepwell_core::clock::{Clock, Timestamp};
use parking_lot::{Condvar, Mutex};

/// A clock that stands still until it is advanced, or until somebody sleeps by it.
#[derive(Debug)]
pub struct ManualClock {
    start: Timestamp,
    elapsed: Mutex<Duration>,
    advanced: Condvar,
}

impl ManualClock {
    /// A clock that shows `start`, and whose monotonic time is zero.
    pub fn new(start: Timestamp) -> Self {
        Self { start, elapsed: Mutex::new(Duration::ZERO), advanced: Condvar::new() }
    }

    /// Moves the time forward and wakes whoever waits for it in [`wait_until`](Self::wait_until).
    pub fn advance(&self, duration: Duration) {
        *self.elapsed.lock() += duration;
        self.advanced.notify_all();
    }

    /// Returns once the monotonic time has reached `time`, which somebody else must bring about.
    pub fn wait_until(&self, time: Duration) {
        let mut elapsed = self.elapsed.lock();
        self.advanced.wait_while(&mut elapsed, |elapsed| *elapsed < time);
    }
}

impl Default for ManualClock {
    /// A clock that shows 2026-01-01 00:00 UTC.
    fn default() -> Self {
        Self::new(Timestamp::from_millis(1_767_225_600_000))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.start.after(*self.elapsed.lock())
    }

    fn monotonic(&self) -> Duration {
        *self.elapsed.lock()
    }

    /// Advances the clock itself, so that no test ever waits.
    fn sleep(&self, duration: Duration) {
        self.advance(duration);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_only_by_advancing_and_sleeping() {
        let clock = ManualClock::new(Timestamp::from_millis(1_000));
        clock.advance(Duration::from_millis(20));
        clock.sleep(Duration::from_millis(3));
        assert_eq!((clock.now(), clock.monotonic()), (Timestamp::from_millis(1_023), Duration::from_millis(23)));
    }

    #[test]
    fn a_waiting_thread_is_woken_when_its_time_has_come() {
        let clock = ManualClock::default();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| clock.wait_until(Duration::from_secs(2)));
            clock.advance(Duration::from_secs(1));
            assert!(!waiting.is_finished());
            clock.advance(Duration::from_secs(1));
            waiting.join().unwrap();
        });
    }
}
