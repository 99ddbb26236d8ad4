//! Retries: how many, and how long to wait before each.

use std::time::Duration;

use crate::{Error, ErrorKind};

/// The most delays that can be listed.
const MOST_DELAYS: usize = 50;

/// How long to wait before each retry.
#[derive(Clone, Debug, PartialEq)]
pub enum RetryDelay {
    /// The same before each.
    Fixed(Duration),
    /// One for each retry; the last one stays.
    List(Vec<Duration>),
    /// Doubled each time, from this one.
    Exponential(Duration),
}

impl RetryDelay {
    /// The delay before retry `number`, which counts from 0.
    fn before(&self, number: u32) -> Duration {
        match self {
            Self::Fixed(delay) => *delay,
            Self::List(delays) => delays.get(number as usize).or(delays.last()).copied().unwrap_or_default(),
            Self::Exponential(first) => first.saturating_mul(2_u32.saturating_pow(number)),
        }
    }
}

impl Default for RetryDelay {
    fn default() -> Self {
        Self::Fixed(Duration::ZERO)
    }
}

/// How often a failed body runs again, and when.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RetryPolicy {
    /// How many times at the most.
    pub retries: u32,
    /// How long to wait before each.
    pub delay: RetryDelay,
    /// Each delay is lengthened by a random part of itself, up to this factor, so that runs that failed together do not
    /// all come back together.
    pub jitter_factor: f64,
}

impl RetryPolicy {
    /// Checks the policy.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] if there are more than 50 delays, or the jitter factor is negative or not a number.
    pub fn check(&self) -> Result<(), Error> {
        if matches!(&self.delay, RetryDelay::List(delays) if delays.len() > MOST_DELAYS) {
            return Err(Error::new(ErrorKind::Unsupported, "`retry_delay` lists more than 50 delays per task"));
        }
        if self.jitter_factor.is_nan() || self.jitter_factor < 0.0 {
            let message = format!("`retry_jitter_factor` is {} and must be 0 or more", self.jitter_factor);
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        Ok(())
    }

    /// The delay before retry `number`, which counts from 0, of the run whose random identifier has these bytes.
    pub fn delay_before(&self, number: u32, run: &[u8; 16]) -> Duration {
        let delay = self.delay.before(number);
        if self.jitter_factor == 0.0 {
            return delay;
        }
        let seconds = delay.as_secs_f64() * (1.0 + self.jitter_factor * fraction(run, number));
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }
}

/// A number from 0 to 1 that differs from run to run and from retry to retry. Randomness comes with the run's
/// identifier, so that deciding stays a function of what is known.
fn fraction(run: &[u8; 16], number: u32) -> f64 {
    let (_, random) = run.split_last_chunk::<8>().expect("sixteen bytes hold eight");
    // Multiplication by odd constants spreads neighbouring numbers over all bits (the finaliser of SplitMix64).
    let mut bits = u64::from_le_bytes(*random) ^ u64::from(number).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    f64::from((bits >> 32) as u32) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const RUN: [u8; 16] = *b"0123456789abcdef";

    #[test]
    fn the_last_listed_delay_stays() {
        let policy = RetryPolicy { delay: RetryDelay::List(vec![SECOND, 3 * SECOND]), ..RetryPolicy::default() };
        let delays: Vec<Duration> = (0..4).map(|number| policy.delay_before(number, &RUN)).collect();
        assert_eq!(delays, [SECOND, 3 * SECOND, 3 * SECOND, 3 * SECOND]);
    }

    #[test]
    fn an_exponential_delay_doubles_and_never_overflows() {
        let policy = RetryPolicy { delay: RetryDelay::Exponential(SECOND), ..RetryPolicy::default() };
        assert_eq!(policy.delay_before(3, &RUN), 8 * SECOND);
        assert!(policy.delay_before(4_000, &RUN) > Duration::from_secs(1 << 31));
    }

    #[test]
    fn jitter_lengthens_a_delay_by_at_most_its_factor() {
        let policy = RetryPolicy { delay: RetryDelay::Fixed(SECOND), jitter_factor: 0.5, ..RetryPolicy::default() };
        let delays: Vec<Duration> = (0..100).map(|number| policy.delay_before(number, &RUN)).collect();
        assert!(delays.iter().all(|delay| (SECOND..=SECOND.mul_f64(1.5)).contains(delay)), "{delays:?}");
        let spread = delays.iter().max().unwrap().saturating_sub(*delays.iter().min().unwrap());
        assert!(spread > SECOND.mul_f64(0.4), "{spread:?}");
    }

    #[test]
    fn a_negative_jitter_factor_and_a_51st_delay_are_refused() {
        let jitter = RetryPolicy { jitter_factor: -0.1, ..RetryPolicy::default() };
        let delays = RetryPolicy { delay: RetryDelay::List(vec![SECOND; 51]), ..RetryPolicy::default() };
        assert_eq!(jitter.check().unwrap_err().to_string(), "`retry_jitter_factor` is -0.1 and must be 0 or more");
        assert_eq!(delays.check().unwrap_err().to_string(), "`retry_delay` lists more than 50 delays per task");
    }
}
