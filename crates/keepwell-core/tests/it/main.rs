//! The engine's integration tests, as one binary.

mod lock_memory;
mod run_cancelled;
mod run_log;
mod run_rules;
mod run_scripted;
mod transaction_block;
mod transaction_fixture;
mod transaction_model;
mod transaction_player;
mod transaction_random;
mod transaction_stories;
mod transaction_story;
mod transaction_threads;
mod transaction_world;
