//! What is to be made visible.

use std::sync::Arc;

use super::ResultStore;
use crate::key::CacheKey;
use crate::record::{Claim, EncodedValue, Expiration, Provenance};

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
    /// The claim on the key that the writer made before it ran, if it is to be fenced: where a newer one has been made, nothing
    /// is committed.
    pub claim: Option<Claim>,
}
