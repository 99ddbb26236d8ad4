//! See ARCHITECTURE.md.

pub mod value;
