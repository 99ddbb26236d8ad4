//! A run as the engine makes it, step by step: the lock, the claims, the body, the commit.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::LockManager;
use keepwell_core::record::{Claim, EncodedValue, Expiration, Provenance, SerializerName};
use keepwell_core::storage::{FileSystemOptions, FileSystemStorage};
use keepwell_core::store::{Claimed, LookUp, MissReason, ResultStore, Write, commit};
use keepwell_core::{Error, ErrorKind};

use crate::failure::{Checked, Failure};
use crate::history::options;

/// Who makes records of its own under keys that others want as well.
pub(super) struct Writer {
    pub(super) manager: Arc<dyn LockManager>,
    store: Arc<ResultStore>,
    pub(super) holder: Holder,
}

/// What a writer may commit.
pub(super) struct Claims(Vec<(CacheKey, Option<Claim>)>);

/// What came of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Committed,
    /// Somebody else has claimed since, or aborted it.
    Refused,
    Unknown,
}

impl Outcome {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

impl Writer {
    /// One that commits to the store in this folder.
    pub(super) fn new(manager: Arc<dyn LockManager>, folder: &Path, holder: Holder) -> Self {
        Self { manager, store: store(folder), holder }
    }

    /// Claims the keys, whose lock it has. `None` if the first has a record, and so needs none.
    pub(super) fn claim(&self, keys: &[CacheKey]) -> Result<Option<Claims>, Error> {
        let mut claims = Vec::new();
        for key in keys {
            match self.store.claim(key, false)? {
                Claimed::Claim(claim) => claims.push((key.clone(), Some(claim))),
                Claimed::Unneeded => claims.push((key.clone(), None)),
                Claimed::Found => {
                    for (key, claim) in claims {
                        claim.map_or(Ok(()), |claim| self.store.unclaim(&key, claim))?;
                    }
                    return Ok(None);
                }
            }
        }
        Ok(Some(Claims(claims)))
    }

    /// Commits a record of its own under each of the keys.
    pub(super) fn commit(&self, claims: Claims) -> Result<Outcome, Error> {
        let writes: Vec<_> = claims.0.into_iter().map(|(key, claim)| self.write(key, claim)).collect();
        match commit(&writes) {
            Ok(_) => Ok(Outcome::Committed),
            Err(error) => match error.kind() {
                ErrorKind::LeaseLost | ErrorKind::Aborted => Ok(Outcome::Refused),
                ErrorKind::CommitUnknown => Ok(Outcome::Unknown),
                _ => Err(error),
            },
        }
    }

    /// Whether there is a record under the key.
    pub(super) fn finds(&self, key: &CacheKey) -> Result<bool, Error> {
        self.store.exists(key)
    }

    fn write(&self, key: CacheKey, claim: Option<Claim>) -> Write {
        let payload = Bytes::from(self.holder.as_str().to_owned());
        Write {
            store: Arc::clone(&self.store),
            key,
            value: EncodedValue { serializer: SerializerName::CBOR, payload },
            expiration: Expiration::Never,
            provenance: Arc::new(Provenance::default()),
            claim,
        }
    }
}

/// Who wrote the record under the key, by a look at the folder that remembers nothing.
pub(super) fn author(folder: &Path, key: &CacheKey) -> Checked<Option<String>> {
    match store(folder).look_up(key)? {
        LookUp::Hit { record, .. } => Ok(Some(String::from_utf8_lossy(&record.payload).into_owned())),
        LookUp::Miss(MissReason::Absent) => Ok(None),
        LookUp::Miss(reason) => Err(Failure::new(format!("the record of {key} is not whole: {reason}"))),
    }
}

fn store(folder: &Path) -> Arc<ResultStore> {
    let storage = Arc::new(FileSystemStorage::at(folder, FileSystemOptions::default()));
    Arc::new(ResultStore::new(options(storage)))
}

/// How long the leases are in scenarios that wait for their end.
pub(super) const LEASE: Duration = Duration::from_secs(1);
