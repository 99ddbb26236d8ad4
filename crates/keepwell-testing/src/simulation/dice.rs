//! The one source of chance in a simulation: the same seed throws the same dice.

use std::time::Duration;

/// A generator of the SplitMix family.
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(mix(seed.wrapping_add(0x5851_f42d_4c95_7f2d)))
    }

    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.bits() % limit.max(1) as u64).expect("it is below a usize")
    }

    /// Whether something happens that happens once in `n` times; never for 0.
    pub(super) fn once_in(&mut self, n: usize) -> bool {
        n != 0 && self.below(n) == 0
    }

    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// A time between the two, each order of magnitude as likely as any other.
    pub(super) fn time(&mut self, shortest: Duration, longest: Duration) -> Duration {
        let (low, high) = (shortest.as_nanos().max(1) as u64, longest.as_nanos() as u64);
        let doublings = (high / low).max(1).ilog2() as usize;
        let base = low << self.below(doublings + 1);
        Duration::from_nanos((base + self.bits() % base).min(high))
    }
}

fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
