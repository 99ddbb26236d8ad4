//! Making records visible: one, or several together.
//!
//! Several are all or nothing within this process: everything that can fail is done before the first head is written,
//! and if a head cannot be written the ones before it are put back. A crash between two heads is not covered here, nor
//! is a reader that comes between them.

use super::Write;
use super::plan::Plan;
use crate::id::TransactionId;
use crate::storage::{Durability, ObjectName};
use crate::{Error, ErrorKind};

/// Makes all of `writes` visible, or none of them.
///
/// A head is written only if it is still the one that was read before; somebody else's record that came in between is
/// replaced, unless a newer version wrote it.
///
/// # Errors
/// [`ErrorKind::Storage`] and its kin if they could not be written; [`ErrorKind::Unsupported`] if a record of a newer
/// version is there, a payload is larger than readers accept, or the key storage is the result storage; what
/// [`encode`](crate::record::encode) refuses. Nothing is visible then, though blobs may be left that no record names.
/// [`ErrorKind::CommitUnknown`] if the storage cannot tell what became of a write, or what was there before could not be
/// put back.
pub fn commit(writes: &[Write]) -> Result<(), Error> {
    let transaction = TransactionId::random();
    let names: Vec<_> = writes.iter().map(|write| ObjectName::Head(write.key.clone())).collect();
    let plan = |(write, name)| Plan::new(write, name, transaction, durability(write, writes.len()));
    let mut plans = writes.iter().zip(&names).map(plan).collect::<Result<Vec<_>, _>>()?;
    plans.iter().try_for_each(Plan::write_blob)?;
    for index in 0..plans.len() {
        if let Err(error) = plans[index].publish() {
            return Err(put_back(&plans[..=index], error));
        }
    }
    Ok(())
}

fn durability(write: &Write, together: usize) -> Durability {
    if together == 1 { write.store.options().durability } else { Durability::Full }
}

/// Puts back what the plans replaced, the last first. `error` is why; the last plan may have been carried out in part.
fn put_back(plans: &[Plan<'_>], error: Error) -> Error {
    let failures: Vec<_> = plans.iter().rev().filter_map(|plan| plan.put_back().err()).collect();
    if failures.is_empty() {
        return error;
    }
    let failures: Vec<_> = failures.iter().map(Error::report).collect();
    let message = format!("what was there before could not be put back: {}", failures.join("; "));
    Error::new(ErrorKind::CommitUnknown, message).with_source(error)
}
