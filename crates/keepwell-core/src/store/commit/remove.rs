//! Removing a record, and nothing else that stands at its key.

use super::RACES;
use super::heads::{Heads, Sent, Standing};
use crate::key::CacheKey;
use crate::record::Envelope;
use crate::storage::Durability;
use crate::store::ResultStore;
use crate::{Error, ErrorKind};

impl ResultStore {
    /// Removes the record under `key`, and says whether there was one. A result that is kept apart from it stays, and so does
    /// the claim of a run that is making a new one.
    ///
    /// # Errors
    /// [`Storage`](ErrorKind::Storage) and its kin if the storage failed.
    pub fn remove(&self, key: &CacheKey) -> Result<bool, Error> {
        let name = super::heads::name_of(key);
        for _ in 0..RACES {
            let heads = Heads::of(self)?;
            let standing = match heads.settled(key) {
                Ok(standing) => standing,
                // A newer version's record is as good as removed by whoever asks for it.
                Err(error) if error.kind() == ErrorKind::Unsupported => {
                    return self.retrying(|| heads.storage.remove(&name, None));
                }
                Err(error) => return Err(error),
            };
            if heads.remove_record(key, &standing)? {
                return Ok(standing.is_record());
            }
        }
        Err(Error::new(ErrorKind::Storage, format!("{name} was changed by others each time it was being removed")))
    }
}

impl Heads<'_> {
    /// Says whether it is done; not if somebody else wrote first.
    fn remove_record(&self, key: &CacheKey, standing: &Standing) -> Result<bool, Error> {
        if !standing.envelope_claim.is_standing() {
            return self.remove(key, &standing.fetched);
        }
        if standing.current.is_none() {
            return Ok(true);
        }
        let after = Envelope { current: None, ..self.envelope(key, standing) }.encode();
        match self.send(key, &standing.fetched, &after, Durability::Ordered, |now| now.current.is_none()) {
            Sent::Done => Ok(true),
            Sent::Outrun => Ok(false),
            Sent::Failed(error) | Sent::Unknown(error) => Err(error),
        }
    }
}
