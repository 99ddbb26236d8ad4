//! The clock that runs, stores and locks of this process are measured by.

use std::sync::Arc;
use std::time::Duration;

use keepwell_core::clock::{Clock, Timestamp, of_process};

pub(crate) fn shared() -> Arc<dyn Clock> {
    Arc::clone(of_process())
}

pub(crate) fn clock() -> &'static dyn Clock {
    &**of_process()
}

pub(crate) fn now() -> Timestamp {
    of_process().now()
}

pub(crate) fn monotonic() -> Duration {
    of_process().monotonic()
}
