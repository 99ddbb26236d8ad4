//! Making records visible: one, or several together (`docs/commit-protocol.md`).
//!
//! [`one`] record is one conditional write of its head. [`several`] are written beside what stands, as intents, and count from
//! the moment that their one decision says so. Whoever meets what a dead writer left does the rest ([`repair`]). [`claim`]
//! keeps out a run whose lease was lost, and [`collect`] takes away decisions that nothing needs any more.

mod claim;
pub(super) mod collect;
mod decisions;
mod draft;
mod fate;
mod heads;
mod look;
mod one;
mod remove;
mod repair;
mod replacement;
mod several;

use std::collections::HashSet;

use self::draft::Draft;
use super::Write;
use crate::id::TransactionId;
use crate::mistake::{self, Mistake};
use crate::storage::Durability;
use crate::{Error, ErrorKind};

pub use claim::Claimed;
pub use collect::Collected;
pub(super) use fate::Fate;
pub(super) use look::Looked;

/// How often something is tried anew because others wrote in between.
const RACES: u32 = 100;

/// Makes all of `writes` visible, or none of them, and says what could not be tidied up afterwards: whoever meets it will.
///
/// A head is written only if it is still the one that was read before; somebody else's record that came in between is
/// replaced, unless a newer version wrote it. A write with a claim is refused where a newer claim has been made.
///
/// # Errors
/// [`ErrorKind::LeaseLost`] if another run has claimed a key since; [`ErrorKind::Aborted`] if somebody took this process for
/// dead and aborted the transaction; [`ErrorKind::Storage`] and its kin if the records could not be written;
/// [`ErrorKind::Unsupported`] if a record of a newer version is there, a payload is larger than readers accept, or the key
/// storage is the result storage; what [`encode`](crate::record::encode) refuses. Nothing is visible then, and nothing will be,
/// though blobs may be left that no record names. [`ErrorKind::CommitUnknown`] if nobody can tell: all of them are visible or
/// none is.
pub fn commit(writes: &[Write]) -> Result<Vec<Error>, Error> {
    let writes = last_of_each_key(writes);
    let transaction = TransactionId::random();
    let durability =
        |write: &Write| if writes.len() == 1 { write.store.options().durability } else { Durability::Full };
    let payloads = |write| if writes.len() == 1 { durability(write) } else { Durability::None };
    let draft = |write| Draft::new(write, transaction, durability(write), payloads(write));
    let mut drafts = writes.iter().copied().map(draft).collect::<Result<Vec<_>, _>>()?;
    let outcome = match &mut *drafts {
        [] => Ok(Vec::new()),
        [draft] => one::commit(draft).map(|()| Vec::new()),
        drafts if mistake::is_planted(Mistake::CommitWithoutDecision) => {
            drafts.iter_mut().try_for_each(one::commit).map(|()| Vec::new())
        }
        drafts => several::commit(drafts, transaction),
    };
    outcome.map_err(|error| put_results_back(&drafts, error))
}

/// Of several writes under one key of one place the last.
fn last_of_each_key(writes: &[Write]) -> Vec<&Write> {
    let mut seen = HashSet::new();
    let mut last: Vec<_> = writes.iter().rev().filter(|write| seen.insert((write.store.place(), &write.key))).collect();
    last.reverse();
    last
}

/// Puts back the plain results that were replaced, the last first. `error` is why.
fn put_results_back(drafts: &[Draft<'_>], error: Error) -> Error {
    if error.kind() == ErrorKind::CommitUnknown {
        return error;
    }
    let failures: Vec<_> = drafts.iter().rev().filter_map(|draft| draft.put_result_back().err()).collect();
    if failures.is_empty() {
        return error;
    }
    let failures: Vec<_> = failures.iter().map(Error::report).collect();
    let message = format!("what was there before could not be put back: {}", failures.join("; "));
    Error::new(ErrorKind::CommitUnknown, message).with_source(error)
}

/// The error of whoever was outrun each time.
fn outrun(draft: &Draft<'_>) -> Error {
    let message =
        format!("the record for key `{}` was changed by others each time it was being written", draft.write.key);
    Error::new(ErrorKind::Storage, message)
        .with_hint("let one run write at a time: use the isolation level SERIALIZABLE")
}

/// The error of whoever cannot learn what became of a write.
fn unknown(what: &str, cause: Error) -> Error {
    Error::new(ErrorKind::CommitUnknown, format!("nobody can tell whether {what}")).with_source(cause)
}
