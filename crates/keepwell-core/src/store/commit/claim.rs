//! Claims: who may commit next under a key. The storage itself mints them, so no clock and no lock manager is trusted.

use super::RACES;
use super::heads::{Heads, Sent, Standing};
use crate::key::CacheKey;
use crate::mistake::{self, Mistake};
use crate::record::{Claim, Envelope};
use crate::store::ResultStore;
use crate::{Error, ErrorKind};

/// What came of claiming a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The key is claimed: only commits with this claim succeed until a newer one is made.
    Claim(Claim),
    /// A record that counts was found; nothing was claimed.
    Found,
    /// The storage keeps nothing, so there is nothing to keep others from.
    Unneeded,
}

impl ResultStore {
    /// Claims a key for a run that is about to make its record, so that no run which claimed it before can commit any more. A
    /// record that counts is not claimed over, unless it is to be `overwritten`.
    ///
    /// # Errors
    /// [`Storage`](ErrorKind::Storage) and its kin if the head could not be read or written: whether it was claimed is then
    /// unknown, and a claim that nobody has harms nobody.
    pub fn claim(&self, key: &CacheKey, overwritten: bool) -> Result<Claimed, Error> {
        let heads = Heads::of(self)?;
        if self.retrying(|| heads.storage.id())?.is_none() {
            return Ok(Claimed::Unneeded);
        }
        for _ in 0..RACES {
            let standing = heads.claimable(key)?;
            if !overwritten && standing.current.is_some() && self.exists(key)? {
                return Ok(Claimed::Found);
            }
            let claim = standing.claim().next();
            match heads.put_claim(key, &standing, claim) {
                Sent::Done => return Ok(Claimed::Claim(claim)),
                Sent::Outrun => {}
                Sent::Failed(error) | Sent::Unknown(error) => return Err(error),
            }
        }
        let message = format!("the head of key `{key}` was changed by others each time it was being claimed");
        Err(Error::new(ErrorKind::Storage, message))
    }

    /// Gives a claim back that nothing was committed with, if it still stands. A record that was there before stays.
    ///
    /// # Errors
    /// As [`claim`](Self::claim). A claim that stays keeps nobody out: the next run claims over it.
    pub fn unclaim(&self, key: &CacheKey, claim: Claim) -> Result<(), Error> {
        let heads = Heads::of(self)?;
        let standing = heads.read(key)?;
        if standing.envelope_claim != claim || standing.intent.is_some() {
            return Ok(());
        }
        if standing.current.is_none() {
            return heads.remove(key, &standing.fetched).map(|_| ());
        }
        heads.put_claim(key, &standing, claim.given_back()).seen_to()
    }
}

impl Heads<'_> {
    fn claimable(&self, key: &CacheKey) -> Result<Standing, Error> {
        if mistake::is_planted(Mistake::ClaimIgnoresIntent) { self.read(key) } else { self.settled(key) }
    }

    fn put_claim(&self, key: &CacheKey, standing: &Standing, claim: Claim) -> Sent {
        let after = Envelope { claim, ..self.envelope(key, standing) }.encode();
        let is_ours = |now: &Standing| now.envelope_claim == claim;
        self.send(key, &standing.fetched, &after, standing.durability_to_keep(), is_ours)
    }
}
