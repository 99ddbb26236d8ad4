//! Looking a record up.

use super::{MissReason, ResultStore};
use crate::Error;
use crate::event::HitSource;
use crate::key::CacheKey;
use crate::record::ResultRecord;

/// What a look-up came to.
#[derive(Clone, Debug)]
pub enum LookUp {
    /// The record is there and counts.
    Hit {
        /// The record.
        record: ResultRecord,
        /// Where it was found.
        source: HitSource,
    },
    /// It is not there, or does not count.
    Miss(MissReason),
}

impl ResultStore {
    /// Looks for the record under `key`.
    ///
    /// # Errors
    /// [`ErrorKind::Storage`](crate::ErrorKind::Storage) if the storage failed: absence and failure are never confused.
    pub fn look_up(&self, _key: &CacheKey) -> Result<LookUp, Error> {
        Ok(LookUp::Miss(MissReason::Absent))
    }
}
