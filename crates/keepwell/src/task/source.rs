//! Code as a digest.

use keepwell_core::key::Digest;

/// An item whose code has a digest: tasks, flows, and what carries `#[keepwell::source]`.
///
/// The digest is of the item's tokens, so comments and formatting do not count; documentation and the attributes of
/// keepwell itself do not either.
pub trait Source {
    /// The digest of the item's own code.
    const SOURCE: Digest;
}
