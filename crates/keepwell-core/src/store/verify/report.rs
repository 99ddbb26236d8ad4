//! What came of a verification.

use super::{Problem, Trouble};

/// What was looked at, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// How many records there are.
    pub records: u64,
    /// How many objects have the name of a key and are no records: plain results, and somebody else's files.
    pub others: u64,
    /// How many keys are claimed by a run that has not committed, or did not until it died.
    pub claims: u64,
    /// How many transactions are not done, or were done in the last hour.
    pub recent_transactions: u64,
    /// How many decisions of transactions that are long done could be removed.
    pub old_decisions: u64,
    /// How many of those were removed.
    pub removed_decisions: u64,
    /// How many payloads have an object of their own.
    pub blobs: u64,
    /// How many bytes were read.
    pub bytes: u64,
    /// How many payloads no record names, and could be removed.
    pub unnamed_blobs: u64,
    /// How many of those were removed, because they were old enough.
    pub removed_blobs: u64,
    /// What is wrong, in the order in which it was met.
    pub problems: Vec<Problem>,
}

impl Verification {
    /// The kinds of problems that have not been put right, as bits (see [`Trouble::bit`]); 0 if all is well.
    pub fn bits(&self) -> u8 {
        let left = self.problems.iter().filter(|problem| !problem.is_repaired());
        left.fold(0, |bits, problem| bits | problem.trouble.bit())
    }

    /// How many problems of a kind there were.
    pub fn count(&self, trouble: Trouble) -> usize {
        self.problems.iter().filter(|problem| problem.trouble == trouble).count()
    }
}
