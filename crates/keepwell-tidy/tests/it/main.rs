//! The rules, each on a small tree that breaks it.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod rules;
