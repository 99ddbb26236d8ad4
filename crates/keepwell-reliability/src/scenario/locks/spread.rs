//! How long something took, many times over.

/// Times in nanoseconds.
#[derive(Debug, Default)]
pub(super) struct Spread(Vec<u64>);

impl Spread {
    pub(super) fn add(&mut self, nanoseconds: u64) {
        self.0.push(nanoseconds);
    }

    pub(super) fn take_in(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// What so many percent of the times stay below, in milliseconds, rounded up.
    pub(super) fn percentile(&mut self, percent: usize) -> u64 {
        self.0.sort_unstable();
        let place = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        self.0.get(place).map_or(0, |nanoseconds| nanoseconds.div_ceil(1_000_000))
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.0.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_time_that_few_are_above() {
        let mut spread = Spread::default();
        assert_eq!(spread.percentile(99), 0);
        for milliseconds in (1..=200).rev() {
            spread.add(milliseconds * 1_000_000);
        }
        assert_eq!([0, 50, 99, 100].map(|percent| spread.percentile(percent)), [1, 101, 199, 200]);
    }
}
