//! Runs: one task call from its key to its final state.
