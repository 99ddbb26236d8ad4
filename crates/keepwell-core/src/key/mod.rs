//! Cache keys: how a task call's inputs, code and run become the name under which its result is kept.
//!
//! Pure: no input or output, no clock, no environment.

mod cache_key;
mod composition;
mod digest;
mod hasher;
mod part;
pub(crate) mod tree;
mod unordered;

pub use cache_key::CacheKey;
pub use composition::{compose, named_digests};
pub use digest::Digest;
pub use hasher::KeyHasher;
pub use part::Part;
pub use unordered::Unordered;
