//! Locks in Redis for keepwell.
