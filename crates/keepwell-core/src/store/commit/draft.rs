//! One record of a commit on its way: encoded anew each time something else stands at its key.

use bytes::Bytes;

use super::heads::{Heads, Standing, name_of};
use super::replacement::Replacement;
use crate::id::{TransactionId, WriteId};
use crate::key::Digest;
use crate::mistake::{self, Mistake};
use crate::record::{Claim, Encoded, Encoding, Envelope, Placement, ResultRecord, ResultRecordMetadata, encode};
use crate::storage::{Durability, ObjectName};
use crate::store::fetch::failure;
use crate::store::{ResultStore, Write};
use crate::{Error, ErrorKind};

/// One record of a commit.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) write: &'a Write,
    pub(super) heads: Heads<'a>,
    transaction: TransactionId,
    durability: Durability,
    /// How much the payload's own write must survive: nothing, where a later write of the head flushes what came before it.
    payload_durability: Durability,
    blob: Option<Digest>,
    /// The plain result, where it is kept apart from its record.
    result: Option<Replacement<'a>>,
}

impl<'a> Draft<'a> {
    /// Reads what the record replaces. Writes nothing but the folder itself, where there is none yet.
    pub(super) fn new(
        write: &'a Write,
        transaction: TransactionId,
        durability: Durability,
        payload_durability: Durability,
    ) -> Result<Self, Error> {
        let store = &*write.store;
        refuse_too_large(write)?;
        let heads = Heads::of(store)?;
        store.refuse_shared_storage()?;
        let result = store.key_storage().map(|_| Replacement::of_result(write, durability)).transpose()?;
        Ok(Self { write, heads, transaction, durability, payload_durability, blob: None, result })
    }

    /// Refuses to commit over a claim that is not the writer's own. A writer that claims nothing is refused nothing.
    pub(super) fn require_claim(&self, standing: &Standing) -> Result<(), Error> {
        let Some(claim) = self.write.claim.filter(|claim| standing.claim() != *claim) else { return Ok(()) };
        if mistake::is_planted(Mistake::CommitIgnoresClaim) {
            return Ok(());
        }
        let (key, epoch) = (&self.write.key, claim.epoch);
        let message =
            format!("the record for key `{key}` was not committed: claim {epoch} on it does not stand any more");
        Err(Error::new(ErrorKind::LeaseLost, message).with_hint(
            "another run has claimed the key, or its record was removed, while this one ran; raise KEEPWELL_LOCKS_LEASE_SECONDS if leases are often lost",
        ))
    }

    /// The record's head as it follows on what stands. Its payload, if it is large, is written first.
    pub(super) fn encode(&mut self, standing: &Standing) -> Result<Bytes, Error> {
        let (write, store) = (self.write, self.heads.store);
        let metadata = ResultRecordMetadata {
            key: write.key.clone(),
            store: self.heads.id,
            namespace: store.options().namespace,
            generation: standing.current.as_ref().map_or(1, |current| current.generation.saturating_add(1)),
            claim: self.claim_to_note(standing),
            transaction: self.transaction,
            write: WriteId::new(),
            created: store.clock().now(),
            expiration: write.expiration,
            serializer: write.value.serializer.clone(),
            durability: self.durability,
            provenance: write.provenance.encode(),
        };
        let record = ResultRecord { metadata, payload: write.value.payload.clone() };
        let signer = store.trust().signer(&record.metadata.serializer, &**self.heads.storage)?;
        let Encoded { head, blob } = encode(&record, &Encoding { signer, ..encoding(store) })?;
        if let Some((digest, bytes)) = blob.filter(|(digest, _)| self.blob != Some(*digest)) {
            self.heads.storage.put(&ObjectName::Blob(digest), bytes, self.payload_durability).map_err(failure)?;
            self.blob = Some(digest);
        }
        Ok(head)
    }

    /// What is to stand at the key with `head` as its record: the record alone, or inside the claim of another.
    pub(super) fn placed(&self, standing: &Standing, head: Bytes) -> Bytes {
        match self.write.claim {
            None if standing.envelope_claim.is_standing() => {
                Envelope { current: Some(head), ..self.heads.envelope(&self.write.key, standing) }.encode()
            }
            None | Some(_) => head,
        }
    }

    /// Writes the plain result, where it is kept apart from its record.
    pub(super) fn put_result(&mut self) -> Result<(), Error> {
        self.result.as_mut().map_or(Ok(()), Replacement::put)
    }

    /// Makes the plain result what it was.
    pub(super) fn put_result_back(&self) -> Result<(), Error> {
        self.result.as_ref().map_or(Ok(()), Replacement::put_back)
    }

    pub(super) fn durability(&self) -> Durability {
        self.durability
    }

    /// The claim that the record's header notes as spent: the writer's own, or the last one, unless that is standing.
    fn claim_to_note(&self, standing: &Standing) -> Claim {
        match self.write.claim {
            Some(claim) => claim,
            None if standing.envelope_claim.is_standing() => standing.spent_claim(),
            None => standing.claim(),
        }
    }
}

impl<'a> Replacement<'a> {
    fn of_result(write: &'a Write, durability: Durability) -> Result<Self, Error> {
        let store = &*write.store;
        let storage = &**store.result_storage();
        let (name, limit) = (name_of(&write.key), store.limits().stored_length);
        let before = store.fetch(storage, &name, limit)?;
        let after = write.value.payload.clone();
        Ok(Self { store, storage, name, limit, before, after, durability, is_touched: false })
    }
}

fn encoding(store: &ResultStore) -> Encoding<'static> {
    let placement = if store.key_storage().is_some() { Placement::Elsewhere } else { Placement::WithHead };
    Encoding { compression: store.options().compression, placement, signer: None }
}

/// What no reader would accept is not written. What is stored is never longer than the payload.
fn refuse_too_large(write: &Write) -> Result<(), Error> {
    let (length, limits) = (write.value.payload.len() as u64, write.store.limits());
    let limit = limits.plain_length.min(limits.stored_length);
    if length <= limit {
        return Ok(());
    }
    let message =
        format!("the result for key `{}` has {length} bytes, more than the {limit} that a reader accepts", write.key);
    Err(Error::new(ErrorKind::Unsupported, message).with_hint("return less, for example the path of a file"))
}
