//! Several writes that are flushed together: all contents, then all names. Two waits for the disk, however many files.

use std::io;

use super::folder::Folder;
use super::place::Place;
use super::write::PreparedWrite;
use super::{fault, sync};
use crate::storage::{ConditionalWrite, Durability, StorageFault};

impl Folder {
    /// See [`ResultStorage::write_many`](crate::storage::ResultStorage::write_many).
    pub(super) fn write_many(
        &self,
        writes: &[ConditionalWrite],
        durability: Durability,
    ) -> Vec<Result<(), StorageFault>> {
        let prepared = match self.prepare_many(writes, durability) {
            Ok(prepared) => prepared,
            Err(fault) => return vec![Err(fault)],
        };
        let mut outcomes = Vec::with_capacity(writes.len());
        for (write, prepared) in writes.iter().zip(prepared) {
            outcomes.push(self.publish(write, prepared));
            if outcomes.last().is_some_and(Result::is_err) {
                break;
            }
        }
        if durability == Durability::Full && outcomes.iter().any(Result::is_ok) {
            self.flush_names(&mut outcomes);
        }
        outcomes
    }

    /// Returns when everything in the folder lasts that can be seen in it.
    pub(super) fn barrier(&self) -> Result<(), StorageFault> {
        sync::sync_file_system(&self.private)
            .map_err(|cause| StorageFault::Unavailable(self.root.cannot_write(".keepwell", cause)))
    }

    /// Replaces a decision. Its content may reach the disk with its name, or after it: what a power cut leaves of it before it
    /// was acknowledged is told by its own digest, and counts as not decided.
    pub(super) fn replace_decision(&self, place: &Place<'_>, bytes: &[u8]) -> Result<(), StorageFault> {
        self.prepare(bytes, Durability::None)?.replace(place)?;
        sync::sync_file_system(&self.transactions)
            .map_err(|cause| fault::not_known_to_last(&self.root.path.join(place.path()), cause))
    }

    fn prepare_many(
        &self,
        writes: &[ConditionalWrite],
        durability: Durability,
    ) -> Result<Vec<PreparedWrite<'_>>, StorageFault> {
        let prepare = |write: &ConditionalWrite| self.prepare(&write.bytes, Durability::None);
        let prepared = writes.iter().map(prepare).collect::<Result<Vec<_>, _>>()?;
        if durability >= Durability::Ordered && !prepared.is_empty() {
            self.barrier()?;
        }
        Ok(prepared)
    }

    fn publish(&self, write: &ConditionalWrite, prepared: PreparedWrite<'_>) -> Result<(), StorageFault> {
        let place = self.place(&write.name)?;
        let _lock = self.lock(&write.name, &place)?;
        match &write.expected {
            Some(expected) => {
                self.require(&place, expected)?;
                prepared.replace(&place)
            }
            None if self.is_taken(&place)? => Err(StorageFault::Precondition),
            None => {
                self.note_cut_name(&write.name, Durability::None)?;
                prepared.create(&place)
            }
        }
    }

    fn flush_names(&self, outcomes: &mut [Result<(), StorageFault>]) {
        let Err(cause) = sync::sync_file_system(&self.private) else { return };
        for outcome in outcomes.iter_mut().filter(|outcome| outcome.is_ok()) {
            let cause = io::Error::new(cause.kind(), cause.to_string());
            *outcome = Err(fault::not_known_to_last(&self.root.path, cause));
        }
    }
}
