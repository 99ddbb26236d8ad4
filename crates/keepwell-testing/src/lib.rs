//! See ARCHITECTURE.md.

pub mod lock;
