//! Cache keys: how a task call's inputs, code and run become the name under which its result is kept.
//!
//! Pure: no input or output, no clock, no environment.

mod cache_key;
mod digest;

pub use cache_key::CacheKey;
pub use digest::Digest;
