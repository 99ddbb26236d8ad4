//! What `retry_delay = …` may be.

use std::time::Duration;

use keepwell_core::run::RetryDelay;

/// What can be given as `retry_delay`: a duration before every retry, or an array or `Vec` with one for each, of which
/// the last one stays.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no delay between retries",
    note = "write `retry_delay = Duration::from_secs(10)`, an array of durations, or `exponential(Duration::from_secs(1))`"
)]
pub trait IntoRetryDelay {
    /// The delay.
    fn into_retry_delay(self) -> RetryDelay;
}

impl IntoRetryDelay for RetryDelay {
    fn into_retry_delay(self) -> RetryDelay {
        self
    }
}

impl IntoRetryDelay for Duration {
    fn into_retry_delay(self) -> RetryDelay {
        RetryDelay::Fixed(self)
    }
}

impl IntoRetryDelay for Vec<Duration> {
    fn into_retry_delay(self) -> RetryDelay {
        RetryDelay::List(self)
    }
}

impl<const COUNT: usize> IntoRetryDelay for [Duration; COUNT] {
    fn into_retry_delay(self) -> RetryDelay {
        RetryDelay::List(self.to_vec())
    }
}
