//! The engine's integration tests, as one binary: a folder for each part of the engine.

mod record;
