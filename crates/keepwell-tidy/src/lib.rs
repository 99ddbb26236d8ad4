//! The house measures: how long files and functions are, and rules of the tree that no compiler checks.
//!
//! 1. [`Tree`] reads the project: its Rust and Python sources and the manifests of its crates.
//! 2. [`breaches`] names every rule that is broken, with the file.
//! 3. [`Measures`] counts, and prints as a table.
//!
//! What is measured and why is in `ARCHITECTURE.md`. Nothing here is part of keepwell as users see it.

mod crates;
mod documents;
mod layout;
mod length;
mod measures;
mod python;
mod source;
mod tree;

pub use measures::Measures;
pub use tree::{Manifest, Tree};

/// Every rule that is broken, as one line each that begins with the file. Empty for a tidy tree.
pub use layout::breaches;
