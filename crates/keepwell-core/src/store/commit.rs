//! Making records visible: one, or several together.
//!
//! Several are all or nothing within this process: everything that can fail is done before the first head is written,
//! and if a head cannot be written the ones before it are put back. A crash between two heads is not covered here.

use bytes::Bytes;

use super::look_up::failure;
use super::{ResultStore, Write};
use crate::id::{TransactionId, WriteId};
use crate::key::Digest;
use crate::record::{
    Claim, Disposition, Encoded, Encoding, Placement, ResultRecord, ResultRecordMetadata, encode, inspect_head,
};
use crate::storage::{Durability, Object, ObjectName, ResultStorage, SMALL_OBJECT_LIMIT};
use crate::{Error, ErrorKind};

/// Makes all of `writes` visible, or none of them.
///
/// # Errors
/// [`ErrorKind::Storage`] and its kin if they could not be written, [`ErrorKind::Unsupported`] if a record of a newer
/// version is there: nothing is visible then. [`ErrorKind::CommitUnknown`] if what was there before could not be put
/// back.
pub fn commit(writes: &[Write]) -> Result<(), Error> {
    let transaction = TransactionId::random();
    let plans =
        writes.iter().map(|write| Plan::new(write, transaction, writes.len())).collect::<Result<Vec<_>, _>>()?;
    for plan in &plans {
        plan.write_blob()?;
    }
    for (done, plan) in plans.iter().enumerate() {
        if let Err(error) = plan.publish() {
            // The failed one comes first: its result may have been replaced although its head was not.
            return Err(put_back(plans[..=done].iter().rev(), error));
        }
    }
    Ok(())
}

/// One record, encoded, and what is there before it.
struct Plan<'a> {
    store: &'a ResultStore,
    name: ObjectName,
    head: Bytes,
    blob: Option<(Digest, Bytes)>,
    /// The plain result, where it is kept apart from its record.
    result: Option<Bytes>,
    durability: Durability,
    before: Option<Before>,
}

/// What a failed transaction of several records puts back.
struct Before {
    head: Option<Object>,
    result: Option<Object>,
}

impl<'a> Plan<'a> {
    fn new(write: &'a Write, transaction: TransactionId, together: usize) -> Result<Self, Error> {
        let store = &*write.store;
        let name = ObjectName::Head(write.key.clone());
        let head = store.head_storage().get(&name, SMALL_OBJECT_LIMIT).unwrap_or_default();
        let generation = next_generation(head.as_ref())?;
        let durability = if together == 1 { store.options().durability } else { Durability::Full };
        let Encoded { head: bytes, blob } = encode_write(write, transaction, generation, durability)?;
        let result = store.key_storage().map(|_| write.value.payload.clone());
        let before = (together > 1 || result.is_some()).then(|| Before::new(store, &name, head, result.is_some()));
        Ok(Self { store, name, head: bytes, blob, result, durability, before: before.transpose()? })
    }

    fn write_blob(&self) -> Result<(), Error> {
        match &self.blob {
            None => Ok(()),
            Some((digest, bytes)) => {
                let name = ObjectName::Blob(*digest);
                self.store.head_storage().put(&name, bytes.clone(), self.durability).map_err(failure)
            }
        }
    }

    /// Writes the plain result where there is one, then the head, which makes the record visible.
    fn publish(&self) -> Result<(), Error> {
        if let Some(result) = &self.result {
            self.store.result_storage().put(&self.name, result.clone(), self.durability).map_err(failure)?;
        }
        self.store.head_storage().put(&self.name, self.head.clone(), self.durability).map_err(failure)
    }

    fn put_back(&self) -> Result<(), Error> {
        let Some(before) = &self.before else { return Ok(()) };
        if self.result.is_some() {
            restore(&**self.store.result_storage(), &self.name, before.result.as_ref(), self.durability)?;
        }
        restore(&**self.store.head_storage(), &self.name, before.head.as_ref(), self.durability)
    }
}

impl Before {
    fn new(store: &ResultStore, name: &ObjectName, head: Option<Object>, has_result: bool) -> Result<Self, Error> {
        let result = match has_result {
            false => None,
            true => store.result_storage().get(name, u64::MAX).map_err(failure)?,
        };
        Ok(Self { head, result })
    }
}

/// Counts on from the record that is there, which a newer version must not have written.
fn next_generation(head: Option<&Object>) -> Result<u64, Error> {
    let Some(head) = head else { return Ok(1) };
    match inspect_head(&head.bytes) {
        Ok(head) => Ok(head.metadata.generation + 1),
        Err(fault) if fault.disposition() == Disposition::LeaveAndNeverOverwrite => {
            let error = Error::new(ErrorKind::Unsupported, format!("the record is not replaced: {fault}"));
            Err(error.with_hint(fault.hint().unwrap_or_default()))
        }
        Err(_) => Ok(1),
    }
}

fn encode_write(
    write: &Write,
    transaction: TransactionId,
    generation: u64,
    durability: Durability,
) -> Result<Encoded, Error> {
    let store = &*write.store;
    let metadata = ResultRecordMetadata {
        key: write.key.clone(),
        store: store.head_storage().make().map_err(failure)?,
        namespace: store.options().namespace,
        generation,
        claim: Claim::default(),
        transaction,
        write: WriteId::new(),
        created: store.clock().now(),
        expiration: write.expiration,
        serializer: write.value.serializer.clone(),
        durability,
        provenance: write.provenance.encode(),
    };
    let placement = if store.key_storage().is_some() { Placement::Elsewhere } else { Placement::WithHead };
    let record = ResultRecord { metadata, payload: write.value.payload.clone() };
    encode(&record, &Encoding { compression: store.options().compression, placement, signer: None })
}

/// Puts back what the plans replaced. `error` is why.
fn put_back<'p, 'w: 'p>(plans: impl Iterator<Item = &'p Plan<'w>>, error: Error) -> Error {
    let mut failures = Vec::new();
    for plan in plans {
        if let Err(failure) = plan.put_back() {
            failures.push(format!("{}: {}", plan.name, failure.report()));
        }
    }
    if failures.is_empty() {
        return error;
    }
    let message = format!("what was there before could not be put back: {}", failures.join("; "));
    Error::new(ErrorKind::CommitUnknown, message).with_source(error)
}

fn restore(
    storage: &dyn ResultStorage,
    name: &ObjectName,
    before: Option<&Object>,
    durability: Durability,
) -> Result<(), Error> {
    match before {
        Some(object) => storage.put(name, object.bytes.clone(), durability).map_err(failure),
        None => storage.remove(name, None).map(|_| ()).map_err(failure),
    }
}
