//! A deterministic simulation of the engine: several processes run it against one storage, and everything that chance
//! decides (who runs, who dies, who is stopped, what fails, what comes late, how time passes) follows from a seed.
//!
//! Each seed makes up a story: tasks and transactions, nested, of both isolation levels, that fail or do not, readers and
//! removals. The engine is the real one, driven as front ends drive it. What readers would have seen at every moment is
//! compared with what was promised: all or nothing, nothing acknowledged lost, nothing that goes back, one commit for each
//! claim, every lock given back, and nobody stuck once nothing fails any more.
//!
//! ```
//! use keepwell_testing::simulation::{Options, simulate};
//!
//! let outcome = simulate(1, &Options::default());
//! assert_eq!(outcome.digest, simulate(1, &Options::default()).digest);
//! ```

mod audit;
mod clock;
mod dice;
mod faults;
mod history;
mod locks;
mod machine;
mod playing;
mod run;
mod storage;
mod story;
mod teller;
mod trace;
mod unwritable;
mod world;

pub use run::{Options, Outcome, simulate, simulate_on};
