//! The name under which a result is kept.

use std::fmt;
use std::sync::Arc;

use super::Digest;
use crate::{Error, ErrorKind};

/// The name under which a result is kept: 64 hexadecimal digits where a policy computed it, any other non-empty text
/// where a key function chose it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CacheKey(Arc<str>);

impl CacheKey {
    /// The key that a user chose.
    ///
    /// # Errors
    /// [`ErrorKind::Key`] if the text is empty.
    pub fn new(text: impl Into<Arc<str>>) -> Result<Self, Error> {
        let text = text.into();
        if text.is_empty() {
            return Err(Error::new(ErrorKind::Key, "a cache key must not be empty")
                .with_hint("return a non-empty text, or nothing at all for no caching"));
        }
        Ok(Self(text))
    }

    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digest of the key's text, which stands for the key in fields of fixed size.
    pub fn digest(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }
}

impl From<Digest> for CacheKey {
    fn from(digest: Digest) -> Self {
        Self(Arc::from(blake3::Hash::from_bytes(*digest.as_bytes()).to_hex().as_str()))
    }
}

impl fmt::Display for CacheKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for CacheKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}
