//! How long a lease is, and how often it is renewed.

use std::time::Duration;

use crate::settings::LocksSettings;
use crate::{Error, ErrorKind};

const SHORTEST: Duration = Duration::from_secs(1);
/// What clocks that go differently, and a reply that is on its way, may cost at least.
const LEAST_MARGIN: Duration = Duration::from_millis(50);

/// How long a lease is, and how often it is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseTerms {
    lease: Duration,
    heartbeat: Duration,
}

impl LeaseTerms {
    /// A lease of this length, renewed this often.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`] if the lease is shorter than a second, or the heartbeat is none or over half the lease: one
    /// that fails must leave time for another.
    pub fn new(lease: Duration, heartbeat: Duration) -> Result<Self, Error> {
        let [lease_seconds, seconds] = [lease, heartbeat].map(|time| time.as_secs_f64());
        if lease < SHORTEST {
            return Err(Error::new(ErrorKind::Settings, format!("a lease of {lease_seconds} s is too short"))
                .with_hint("set KEEPWELL_LOCKS_LEASE_SECONDS to 1 or more"));
        }
        if heartbeat.is_zero() || heartbeat > lease / 2 {
            return Err(Error::new(
                ErrorKind::Settings,
                format!("a heartbeat every {seconds} s cannot keep a lease of {lease_seconds} s"),
            )
            .with_hint(
                "set KEEPWELL_LOCKS_HEARTBEAT_SECONDS to half the lease at most, or to `none` for a third of it",
            ));
        }
        Ok(Self { lease, heartbeat })
    }

    /// A lease of this length, renewed three times in it.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of(lease: Duration) -> Result<Self, Error> {
        Self::new(lease, lease / 3)
    }

    /// What the settings say.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_settings(settings: &LocksSettings) -> Result<Self, Error> {
        let lease = settings.lease_seconds;
        Self::new(lease, settings.heartbeat_seconds.unwrap_or(lease / 3))
    }

    /// How long a lock is granted for, from its grant or its last renewal on.
    pub fn lease(self) -> Duration {
        self.lease
    }

    /// How often the lock is renewed.
    pub fn heartbeat(self) -> Duration {
        self.heartbeat
    }

    /// How long the holder relies on a grant or renewal that was asked for: less than the whole lease, since the clock that
    /// the grant is measured by may be faster than its own.
    pub(super) fn relied_on(self) -> Duration {
        self.lease - LEAST_MARGIN.max(self.lease / 100)
    }

    /// How old the last renewal may be before the lease is in danger.
    pub(super) fn at_ease(self) -> Duration {
        self.lease * 2 / 3
    }

    /// When a renewal is tried again that could not be asked for, or whose answer did not come.
    pub(super) fn retry(self) -> Duration {
        self.heartbeat / 4
    }
}

impl Default for LeaseTerms {
    /// 30 seconds, renewed every 10.
    fn default() -> Self {
        Self { lease: Duration::from_secs(30), heartbeat: Duration::from_secs(10) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_lease_is_a_second_at_least_and_renewed_twice_in_it() {
        assert_eq!(LeaseTerms::of(30_000 * MS).unwrap(), LeaseTerms::default());
        assert!(LeaseTerms::new(1_000 * MS, 500 * MS).is_ok());
        let refused = [(999, 300), (1_000, 501), (1_000, 0)];
        let errors = refused.map(|(lease, beat)| LeaseTerms::new(lease * MS, beat * MS).unwrap_err());
        assert!(errors.iter().all(|error| error.kind() == ErrorKind::Settings));
        assert_eq!(
            errors.map(|error| error.to_string()),
            [
                "a lease of 0.999 s is too short",
                "a heartbeat every 0.501 s cannot keep a lease of 1 s",
                "a heartbeat every 0 s cannot keep a lease of 1 s",
            ]
        );
    }

    #[test]
    fn the_margin_is_a_hundredth_of_the_lease_and_50_ms_at_least() {
        assert_eq!(LeaseTerms::of(1_000 * MS).unwrap().relied_on(), 950 * MS);
        assert_eq!(LeaseTerms::of(30_000 * MS).unwrap().relied_on(), 29_700 * MS);
    }
}
