//! One record: its head, its signature, and its payload as it is stored.

use bytes::Bytes;

use super::blobs::Blobs;
use super::ill::Ill;
use crate::clock::Timestamp;
use crate::key::{CacheKey, Digest};
use crate::record::{Expected, Head, Place, StoreId, decode_head, inspect_head};
use crate::store::ResultStore;

impl ResultStore {
    /// Whether the record with this head is whole and counts here, but for its age. Its payload is not decompressed: it is
    /// what was written if its digest says so.
    pub(super) fn verify_record(
        &self,
        bytes: &Bytes,
        key: &CacheKey,
        store: StoreId,
        blobs: &mut Blobs<'_>,
    ) -> Result<Head, Ill> {
        let found = inspect_head(bytes)?;
        let expected = Expected {
            key,
            store,
            // Records of all namespaces and ages are looked at.
            namespace: found.metadata.namespace,
            now: Timestamp::from_millis(0),
            signature: self.trust().required(),
            limits: self.limits(),
        };
        let head = decode_head(bytes, &expected)?;
        match &head.payload.place {
            Place::Inline(stored) if stored.len() as u64 != head.payload.stored_length => {
                Err(Ill::corrupt("the record's payload has another length"))
            }
            Place::Inline(stored) if Digest::of(stored) != head.payload.digest => {
                Err(Ill::corrupt("the record's payload is damaged"))
            }
            // A plain result is its owner's to edit or remove.
            Place::Inline(_) | Place::Reference => Ok(head),
            Place::Blob => blobs.require(&head.payload).map(|()| head),
        }
    }
}
