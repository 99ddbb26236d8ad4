//! The clock of one simulated process: it tells the time of the world, a little off, and sleeping hands the baton over.

use std::sync::Arc;
use std::time::Duration;

use keepwell_core::clock::{Clock, Timestamp};

use super::world::World;

/// 2026-01-01 00:00 UTC.
const START: u64 = 1_767_225_600_000;

/// The clock of one process.
#[derive(Debug)]
pub(super) struct SimulatedClock {
    world: Arc<World>,
    /// By how many milliseconds its time of day is ahead of [`START`] at the beginning.
    ahead: u64,
    /// What its monotonic time was at the beginning.
    uptime: Duration,
}

impl SimulatedClock {
    /// A clock that is up to ten seconds off.
    pub(super) fn new(world: &Arc<World>) -> Self {
        let (ahead, uptime) = world.throw(|dice| (dice.below(10_000) as u64, dice.below(1_000) as u64));
        Self { world: Arc::clone(world), ahead, uptime: Duration::from_secs(uptime) }
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(START + self.ahead).after(self.world.now())
    }

    fn monotonic(&self) -> Duration {
        self.uptime + self.world.now()
    }

    fn sleep(&self, duration: Duration) {
        self.world.sleep(duration);
    }
}
