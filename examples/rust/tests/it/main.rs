//! Every example, run as a process of its own in a home made for one test.

mod concurrency;
mod fixture;
mod keys;
mod policies;
mod records;
mod redis;
mod refresh;
mod transactions;
mod weather;
