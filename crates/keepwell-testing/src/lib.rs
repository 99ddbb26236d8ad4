//! What it takes to test keepwell, and whatever is built on it: the suites that a storage or a lock manager of one's own
//! must pass, storages that fail or crash when told to, and a clock that is moved by hand.

pub mod lock;
mod manual_clock;
#[cfg(feature = "simulation")]
pub mod simulation;
pub mod storage;

pub use manual_clock::ManualClock;
