//! The only place that reads the time and waits for it to pass.

use std::fmt;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::ClockId;

/// A point in time: milliseconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// This time and `duration` later; the latest representable time if that lies beyond it.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(millis))
    }
}

/// Tells the time. The engine takes a clock from its caller, so a test can move time by hand.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time of day, for expiry and for records. May jump.
    fn now(&self) -> Timestamp;

    /// Time since an arbitrary start that never goes back, for deadlines and durations. It goes on while the machine is
    /// suspended: what others were promised until then runs out meanwhile.
    fn monotonic(&self) -> Duration;

    /// Returns when `duration` has passed.
    fn sleep(&self, duration: Duration);
}

static OF_PROCESS: LazyLock<Arc<dyn Clock>> = LazyLock::new(|| Arc::new(SystemClock::new()));

/// The clock that the runs, stores and locks of this process are measured by.
pub fn of_process() -> &'static Arc<dyn Clock> {
    &OF_PROCESS
}

/// The machine's clock that goes on while it is suspended.
#[cfg(target_os = "linux")]
const SINCE_BOOT: ClockId = ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const SINCE_BOOT: ClockId = ClockId::Monotonic;

fn since_boot() -> Duration {
    // A machine's time since its start is not negative.
    rustix::time::clock_gettime(SINCE_BOOT).try_into().unwrap_or_default()
}

/// The machine's own clock.
#[derive(Debug)]
pub struct SystemClock {
    start: Duration,
}

impl SystemClock {
    /// A clock whose monotonic time starts at zero now.
    pub fn new() -> Self {
        Self { start: since_boot() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the place that reads the time")]
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
    }

    fn monotonic(&self) -> Duration {
        since_boot().saturating_sub(self.start)
    }

    fn sleep(&self, duration: Duration) {
        #[expect(clippy::disallowed_methods, reason = "this is the place that waits")]
        std::thread::sleep(duration);
    }
}
