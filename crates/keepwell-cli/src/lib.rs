//! The `keepwell` program as a library, so that every front end can start it.
//!
//! [`run`] takes the arguments and does the rest: it parses them, does what one command says, prints, and returns the
//! exit code. What settings mean and how profiles are kept is the engine's business.

mod age;
mod arguments;
mod commands;
mod failure;
mod place;
mod prefix;
mod program;
mod session;
mod table;
mod text;

pub use program::run;
