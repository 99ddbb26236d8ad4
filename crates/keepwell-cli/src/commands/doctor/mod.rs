//! `keepwell doctor`: tries out the place where results are kept, and says which promises hold there.
//!
//! What is tried and what follows from it is the engine's (`keepwell_core::storage::probe`, `keepwell_redis::probe`); here it
//! is printed.

mod command;
mod folder;
mod other_process;
mod redis;
mod verdict;

pub(crate) use command::Doctor;
