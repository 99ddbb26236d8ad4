//! The clock that runs, stores and locks of this process are measured by.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use keepwell_core::clock::{Clock, SystemClock, Timestamp};

static CLOCK: LazyLock<Arc<dyn Clock>> = LazyLock::new(|| Arc::new(SystemClock::new()));

pub(crate) fn shared() -> Arc<dyn Clock> {
    Arc::clone(&CLOCK)
}

pub(crate) fn clock() -> &'static dyn Clock {
    &**CLOCK
}

pub(crate) fn now() -> Timestamp {
    CLOCK.now()
}

pub(crate) fn monotonic() -> Duration {
    CLOCK.monotonic()
}
