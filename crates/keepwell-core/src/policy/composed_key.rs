//! What a key builder ends with.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::Error;
use crate::key::{CacheKey, Digest, Part};

/// The key of one call, and what it was made of.
#[derive(Debug)]
pub struct ComposedKey {
    /// The key, or why there is none.
    pub key: Result<CacheKey, NoKey>,
    /// The digest of each part.
    pub parts: Vec<(Part, Digest)>,
    /// The digest of each input that counts.
    pub inputs: Vec<(Cow<'static, str>, Digest)>,
}

/// Why a call has no key, and so is not cached.
#[derive(Debug)]
pub enum NoKey {
    /// The policy is [`NONE`](super::NONE).
    Policy,
    /// None of the policy's parts exists for this call: no inputs, no flow.
    NoParts,
    /// The key function of this name returned nothing.
    Declined(Arc<str>),
    /// A key function broke its contract: the run fails, before its body.
    Refused(Error),
    /// A part cannot be computed. The result is never kept under the rest.
    Uncomputable(Error),
}

impl fmt::Display for NoKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy => formatter.write_str("the cache policy is `NONE`"),
            Self::NoParts => formatter.write_str("the call has none of the parts that its cache policy asks for"),
            Self::Declined(name) => write!(formatter, "the key function `{name}` returned nothing"),
            Self::Refused(error) | Self::Uncomputable(error) => error.fmt(formatter),
        }
    }
}
