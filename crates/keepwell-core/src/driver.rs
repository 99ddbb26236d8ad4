//! Performs actions for callers that may block.
