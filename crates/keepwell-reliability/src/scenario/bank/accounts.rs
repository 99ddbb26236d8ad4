//! Accounts as records.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::lease::LeaseTerms;
use keepwell_core::lock::{FileSystemLockManager, LockManager};
use keepwell_core::record::{Claim, EncodedValue, Expiration, Provenance, SerializerName};
use keepwell_core::storage::Durability;
use keepwell_core::store::{Claimed, ResultStore, Write, commit};
use keepwell_core::{Error, ErrorKind};
use keepwell_redis::RedisLockManager;

use crate::failure::{Checked, Failure, demand};
use crate::history::Records;

pub(super) const ACCOUNTS: usize = 16;
pub(super) const OPENING_BALANCE: i64 = 1000;

/// How long leases are, where locks are held by such: the shortest, since a dead holder's lock stays for so long.
const LEASE: Duration = Duration::from_secs(1);
/// How long a lock is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What an account holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) balance: i64,
    /// How often it has changed.
    version: u64,
}

/// The accounts of a folder, as one process sees them.
#[derive(Debug)]
pub(super) struct Accounts {
    store: Arc<ResultStore>,
    locks: Option<Arc<dyn LockManager>>,
    holder: Holder,
}

/// Money on its way.
#[derive(Debug)]
pub(super) struct Transfer {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) amount: i64,
}

/// What has been seen of each account.
#[derive(Debug, Default)]
pub(super) struct Books(Vec<Account>);

impl Books {
    /// Takes note of a reading, in which no account may be older than in the one before.
    pub(super) fn take_in(&mut self, reading: &[Account]) -> Checked<()> {
        for (number, (before, now)) in self.0.iter().zip(reading).enumerate() {
            demand(before.version <= now.version, || format!("account {number} went back from {before:?} to {now:?}"))?;
        }
        self.0 = reading.to_vec();
        Ok(())
    }
}

impl Accounts {
    /// The accounts in this folder, without locks.
    pub(super) fn at(folder: &Path) -> Self {
        Self { store: Records::at(folder).store(Durability::None), locks: None, holder: Holder::new("teller") }
    }

    /// The same with locks of this kind, kept at this place where they need one: a folder, or the server's URL.
    pub(super) fn with_locks(self, kind: &str, place: &str) -> Checked<Self> {
        let holder = Holder::new(format!("teller {}", std::process::id()));
        let locks: Option<Arc<dyn LockManager>> = match kind {
            "none" => None,
            "file-system" => Some(Arc::new(FileSystemLockManager::new(place))),
            "redis" => Some(Arc::new(RedisLockManager::at(place)?.with_terms(LeaseTerms::of(LEASE)?))),
            other => return Err(Failure::new(format!("there are no locks `{other}`"))),
        };
        Ok(Self { locks, holder, ..self })
    }

    /// Makes the accounts.
    pub(super) fn open(&self) -> Checked<()> {
        let account = Account { balance: OPENING_BALANCE, version: 0 };
        let writes: Vec<_> = (0..ACCOUNTS).map(|number| self.write(number, account, None)).collect();
        commit(&writes)?;
        Ok(())
    }

    /// All accounts, read one after another.
    pub(super) fn read(&self) -> Checked<Vec<Account>> {
        (0..ACCOUNTS).map(|number| self.account(number)).collect()
    }

    /// Moves money, and says what came of it.
    pub(super) fn transfer(&self, transfer: &Transfer) -> String {
        match self.try_transfer(transfer) {
            Ok(()) => "done".to_owned(),
            Err(error) => match error.kind() {
                ErrorKind::LeaseLost | ErrorKind::Aborted => "refused".to_owned(),
                ErrorKind::CommitUnknown => "unknown".to_owned(),
                _ => error.report(),
            },
        }
    }

    fn try_transfer(&self, transfer: &Transfer) -> Result<(), Error> {
        // In one order everywhere, so that nobody waits in a circle.
        let pair = [transfer.from.min(transfer.to), transfer.from.max(transfer.to)];
        for number in pair {
            self.lock(number)?;
        }
        let outcome = self.move_money(transfer);
        let released = pair.iter().try_for_each(|number| self.release(*number));
        outcome.and(released)
    }

    fn move_money(&self, transfer: &Transfer) -> Result<(), Error> {
        let claims = [self.claim(transfer.from)?, self.claim(transfer.to)?];
        let (from, to) = (self.account_for(transfer.from)?, self.account_for(transfer.to)?);
        let changed =
            |account: Account, by: i64| Account { balance: account.balance + by, version: account.version + 1 };
        commit(&[
            self.write(transfer.from, changed(from, -transfer.amount), claims[0]),
            self.write(transfer.to, changed(to, transfer.amount), claims[1]),
        ])
        .map(|_| ())
    }

    fn lock(&self, number: usize) -> Result<(), Error> {
        let Some(locks) = &self.locks else { return Ok(()) };
        if locks.acquire_lock(&key(number), &self.holder, Some(PATIENCE), None)? {
            return Ok(());
        }
        Err(Error::new(ErrorKind::LockTimeout, format!("account {number} stays locked")))
    }

    fn release(&self, number: usize) -> Result<(), Error> {
        self.locks.as_ref().map_or(Ok(()), |locks| locks.release_lock(&key(number), &self.holder))
    }

    fn claim(&self, number: usize) -> Result<Option<Claim>, Error> {
        match self.store.claim(&key(number), true)? {
            Claimed::Claim(claim) => Ok(Some(claim)),
            Claimed::Found | Claimed::Unneeded => Ok(None),
        }
    }

    fn account(&self, number: usize) -> Checked<Account> {
        Ok(self.account_for(number)?)
    }

    fn account_for(&self, number: usize) -> Result<Account, Error> {
        let lost = || Error::new(ErrorKind::Missing, format!("account {number} is lost"));
        let record = self.store.read(&key(number))?.ok_or_else(lost)?;
        parse(&record.payload).ok_or_else(|| Error::new(ErrorKind::Corrupt, format!("account {number} is torn")))
    }

    fn write(&self, number: usize, account: Account, claim: Option<Claim>) -> Write {
        let payload = format!("{} {}", account.balance, account.version).into();
        Write {
            store: Arc::clone(&self.store),
            key: key(number),
            value: EncodedValue { serializer: SerializerName::CBOR, payload },
            expiration: Expiration::Never,
            provenance: Arc::new(Provenance::default()),
            claim,
        }
    }
}

fn key(number: usize) -> CacheKey {
    CacheKey::new(format!("account-{number}")).expect("it is a legal key")
}

fn parse(payload: &[u8]) -> Option<Account> {
    let (balance, version) = str::from_utf8(payload).ok()?.split_once(' ')?;
    Some(Account { balance: balance.parse().ok()?, version: version.parse().ok()? })
}
