//! The engine of keepwell: it runs a task once and keeps its result well.
//!
//! A front end (Rust's `keepwell` crate, Python's `keepwell` package) turns values into bytes, bytes into values, and
//! runs the user's code. Everything that is *decided* is decided here, once:
//!
//! 1. [`policy`] says which parts make up a cache [`key`], and how they are composed and hashed.
//! 2. [`run`] takes one task call from its key to its final state: hit, miss, refresh, retry.
//! 3. [`transaction`] stages records and makes them visible together or not at all.
//! 4. [`store`] puts a [`record`] into a [`storage`], reads it back, and keeps recent ones in memory.
//! 5. [`lock`] lets one body run at a time where the isolation level asks for it.
//! 6. [`event`] says what happened, and why; [`settings`] says what the user wants.
//!
//! `run` and `transaction` do no input or output: they hand out actions and are told what came of them. [`driver`]
//! performs the actions for callers that may block.

pub mod action;
pub mod cbor;
pub mod clock;
pub mod driver;
mod error;
pub mod event;
pub mod fork;
pub mod hook;
pub mod id;
pub mod key;
pub mod lock;
pub mod mistake;
pub mod policy;
pub mod process;
mod random;
pub mod record;
pub mod run;
pub mod settings;
pub mod simulation;
pub mod storage;
pub mod store;
pub mod transaction;

pub use error::{Error, ErrorKind};
