//! Code as digests: `#[source]`, `depends_on(…)`, and the digest itself.

pub(crate) mod depends_on;
mod digest;
mod item;

pub(crate) use digest::Digest;
pub(crate) use item::item;
