//! The integration tests of the program: its own binary, in a home made for one test.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod cache;
mod config;
mod doctor;
mod fixture;
mod locks;
mod profile;
mod program;
mod redis_server;
