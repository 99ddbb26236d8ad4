//! One record of a commit: encoded, with what it replaces.

use bytes::Bytes;

use super::fetch::{Fetched, failure};
use super::replacement::{NotReplaced, Replacement};
use super::{ResultStore, Write};
use crate::id::{TransactionId, WriteId};
use crate::key::Digest;
use crate::record::{
    Claim, Disposition, Encoded, Encoding, Placement, ResultRecord, ResultRecordMetadata, encode, inspect_head,
};
use crate::storage::{Durability, ObjectName, SMALL_OBJECT_LIMIT};
use crate::{Error, ErrorKind};

/// How often a record is written anew because others wrote theirs in between.
const RACES: u32 = 100;

/// One record of a commit.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    write: &'a Write,
    name: &'a ObjectName,
    transaction: TransactionId,
    durability: Durability,
    head: Replacement<'a>,
    blob: Option<(Digest, Bytes)>,
    /// The plain result, where it is kept apart from its record.
    result: Option<Replacement<'a>>,
}

impl<'a> Plan<'a> {
    /// Encodes the record and reads what it replaces. Writes nothing but the folder itself, where there is none yet.
    pub(super) fn new(
        write: &'a Write,
        name: &'a ObjectName,
        transaction: TransactionId,
        durability: Durability,
    ) -> Result<Self, Error> {
        let store = &*write.store;
        refuse_too_large(write)?;
        let (head, blob) = plan_head(write, name, transaction, durability)?;
        store.refuse_shared_storage()?;
        let result = store.key_storage().map(|_| plan_result(write, name, durability)).transpose()?;
        Ok(Self { write, name, transaction, durability, head, blob, result })
    }

    /// Writes the payload that is too large for the head. Nothing is visible by that.
    pub(super) fn write_blob(&self) -> Result<(), Error> {
        match &self.blob {
            None => Ok(()),
            Some((digest, bytes)) => {
                let name = ObjectName::Blob(*digest);
                self.write.store.head_storage().put(&name, bytes.clone(), self.durability).map_err(failure)
            }
        }
    }

    /// Writes the plain result where there is one, then the head, which makes the record visible; both again where
    /// somebody else has committed in between.
    pub(super) fn publish(&mut self) -> Result<(), Error> {
        for _ in 0..RACES {
            if let Some(result) = &mut self.result {
                result.put().map_err(|fault| fault.into_error(self.name))?;
            }
            match self.head.swap() {
                Err(NotReplaced::Outrun) => self.plan_again()?,
                Err(NotReplaced::Failed(error)) => return Err(error),
                Ok(()) => return Ok(()),
            }
        }
        Err(NotReplaced::Outrun.into_error(self.name))
    }

    /// Makes everything that this plan wrote what it was.
    pub(super) fn put_back(&self) -> Result<(), Error> {
        let head = self.head.put_back();
        let result = self.result.as_ref().map_or(Ok(()), Replacement::put_back);
        head.and(result)
    }

    /// Somebody else has committed under the key: counts on from their record, which ours replaces.
    fn plan_again(&mut self) -> Result<(), Error> {
        // A blob has the same content, hence the same name.
        (self.head, _) = plan_head(self.write, self.name, self.transaction, self.durability)?;
        Ok(())
    }
}

fn plan_head<'a>(
    write: &'a Write,
    name: &'a ObjectName,
    transaction: TransactionId,
    durability: Durability,
) -> Result<(Replacement<'a>, Option<(Digest, Bytes)>), Error> {
    let store = &*write.store;
    let storage = &**store.head_storage();
    let id = store.retrying(|| storage.make())?;
    let before = store.fetch(storage, name, SMALL_OBJECT_LIMIT)?;
    let metadata = ResultRecordMetadata {
        key: write.key.clone(),
        store: id,
        namespace: store.options().namespace,
        generation: next_generation(&before)?,
        claim: Claim::default(),
        transaction,
        write: WriteId::new(),
        created: store.clock().now(),
        expiration: write.expiration,
        serializer: write.value.serializer.clone(),
        durability,
        provenance: write.provenance.encode(),
    };
    let record = ResultRecord { metadata, payload: write.value.payload.clone() };
    let signer = store.trust().signer(&record.metadata.serializer, storage)?;
    let Encoded { head, blob } = encode(&record, &Encoding { signer, ..encoding(store) })?;
    Ok((
        Replacement {
            store,
            storage,
            name,
            limit: SMALL_OBJECT_LIMIT,
            before,
            after: head,
            durability,
            is_touched: false,
        },
        blob,
    ))
}

fn plan_result<'a>(write: &'a Write, name: &'a ObjectName, durability: Durability) -> Result<Replacement<'a>, Error> {
    let store = &*write.store;
    let storage = &**store.result_storage();
    let limit = store.limits().stored_length;
    let before = store.fetch(storage, name, limit)?;
    Ok(Replacement {
        store,
        storage,
        name,
        limit,
        before,
        after: write.value.payload.clone(),
        durability,
        is_touched: false,
    })
}

fn encoding(store: &ResultStore) -> Encoding<'static> {
    let placement = if store.key_storage().is_some() { Placement::Elsewhere } else { Placement::WithHead };
    Encoding { compression: store.options().compression, placement, signer: None }
}

/// Counts on from the record that is there, which a newer version must not have written.
fn next_generation(before: &Fetched) -> Result<u64, Error> {
    let Fetched::Object(object) = before else { return Ok(1) };
    match inspect_head(&object.bytes) {
        Ok(head) => Ok(head.metadata.generation.saturating_add(1)),
        Err(fault) if fault.disposition() == Disposition::LeaveAndNeverOverwrite => {
            let error = Error::new(ErrorKind::Unsupported, format!("the record is not replaced: {fault}"));
            Err(error.with_hint(fault.hint().unwrap_or("use another storage")))
        }
        Err(_) => Ok(1),
    }
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
