//! What is to be made visible.

use std::sync::Arc;

use super::ResultStore;
use crate::key::CacheKey;
use crate::record::{EncodedValue, Expiration, Provenance};

/// A record that is to be made visible.
#[derive(Clone, Debug)]
pub struct Write {
    /// Where.
    pub store: Arc<ResultStore>,
    /// Under which key.
    pub key: CacheKey,
    /// The value.
    pub value: EncodedValue,
    /// How long it counts.
    pub expiration: Expiration,
    /// Where it comes from.
    pub provenance: Arc<Provenance>,
}
