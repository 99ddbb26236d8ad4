//! Locks: one body at a time, where the isolation level asks for it.
