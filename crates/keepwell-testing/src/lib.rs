//! What it takes to test keepwell, and whatever is built on it: the suites that a storage of one's own must pass, storages
//! that fail or crash when told to, and a clock that is moved by hand.

mod manual_clock;
pub mod storage;

pub use manual_clock::ManualClock;
