//! What one process needs to ask one server for locks.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Weak};
use std::time::Duration;

use keepwell_core::clock;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::lease::{Lease, LeaseTerms, Renew, Renewal};
use keepwell_core::lock::{Attempt, Wake};
use keepwell_core::{Error, id};
use parking_lot::Mutex;

use crate::connections::Connections;
use crate::failure::Failure;
use crate::held::{Held, Table};
use crate::note::Owner;
use crate::of_process::OfProcess;
use crate::options::RedisOptions;
use crate::releases::Releases;
use crate::scripts;

/// How long to wait before a server that could not be asked is asked again; up to twice as long, so that many that wait
/// do not come at once.
const PAUSE: Duration = Duration::from_millis(50);

/// The servers that this process asks: two lock managers with equal options know each other's locks.
static SERVERS: LazyLock<Mutex<HashMap<RedisOptions, Weak<OfProcess<Asking>>>>> = LazyLock::new(Mutex::default);

/// What one process needs to ask one server for locks.
#[derive(Debug)]
pub(crate) struct Asking {
    pub(crate) connections: Arc<Connections>,
    pub(crate) releases: Arc<Releases>,
    pub(crate) table: Table,
}

/// What Redis knows a lock by.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    /// The key of its hash.
    pub(crate) lock: String,
    /// The channel that says when it is given back.
    pub(crate) channel: String,
}

/// What the process shares that asks with these options.
pub(crate) fn of_options(options: &RedisOptions) -> Arc<OfProcess<Asking>> {
    let mut servers = SERVERS.lock();
    if let Some(asking) = servers.get(options).and_then(Weak::upgrade) {
        return asking;
    }
    let asking = Arc::new(OfProcess::new(Asking::new(options)));
    servers.retain(|_, asking| asking.strong_count() > 0);
    servers.insert(options.clone(), Arc::downgrade(&asking));
    asking
}

impl Asking {
    pub(crate) fn new(options: &RedisOptions) -> Self {
        let connections = Arc::new(Connections::new(options.clone()));
        let releases = Arc::new(Releases::new(&connections));
        Self { connections, releases, table: Table::default() }
    }

    pub(crate) fn names(&self, key: &CacheKey) -> Names {
        let prefix = self.connections.options().key_prefix();
        // Keys in Redis may be any bytes, so the key's text stands for itself.
        Names { lock: format!("{}{key}", lock_prefix(prefix)), channel: format!("{prefix}released:{key}") }
    }

    /// Takes a lock for `owner` that nobody in this process has.
    pub(crate) fn take(
        &self,
        key: &CacheKey,
        owner: Owner,
        terms: LeaseTerms,
        hold_timeout: Option<Duration>,
        patience: Duration,
    ) -> Result<Attempt, Error> {
        let names = self.names(key);
        let listener = self.releases.listen(&names.channel);
        let since = clock::of_process().monotonic();
        let until = hold_timeout.and_then(|timeout| since.checked_add(timeout));
        let time = hold_timeout.map_or(terms.lease(), |timeout| timeout.min(terms.lease()));
        match self.connections.ask(patience, |connection| scripts::grant(connection, &names.lock, &owner, time)) {
            Ok(None) => {
                let renewed =
                    Renewed { connections: Arc::clone(&self.connections), names, owner: owner.clone(), terms, until };
                let lease = Lease::begin(terms, since, Arc::clone(clock::of_process()), Arc::new(renewed));
                self.table.put(key, Held::new(owner, lease, since, until));
                Ok(Attempt::Granted)
            }
            // Another thread of this process may have been faster; then it is known here, and its release is a signal.
            Ok(Some(note)) => Ok(self.table.look(key, &owner.holder).unwrap_or_else(|| {
                let listener = listener.unwrap_or_else(|| self.releases.subscribe(&names.channel));
                Attempt::Held { by: note.0, wake: Wake::Signal(listener) }
            })),
            Err(Failure::Passing(cause)) => {
                self.table.may_have(key, owner, time);
                Ok(Attempt::Unreachable { cause, wake: later() })
            }
            Err(Failure::Final(error)) => Err(error),
        }
    }

    /// Who has the lock, and when another look is worth it. Takes nothing.
    pub(crate) fn look(&self, key: &CacheKey, patience: Duration) -> Result<Attempt, Error> {
        let names = self.names(key);
        let listener = self.releases.listen(&names.channel);
        match self.connections.ask(patience, |connection| scripts::look(connection, &names.lock)) {
            Ok(None) => Ok(Attempt::Granted),
            Ok(Some(note)) => {
                let listener = listener.unwrap_or_else(|| self.releases.subscribe(&names.channel));
                Ok(Attempt::Held { by: note.0, wake: Wake::Signal(listener) })
            }
            Err(Failure::Passing(cause)) => Ok(Attempt::Unreachable { cause, wake: later() }),
            Err(Failure::Final(error)) => Err(error),
        }
    }
}

/// What the name of every lock's hash begins with.
pub(crate) fn lock_prefix(prefix: &str) -> String {
    format!("{prefix}lock:")
}

fn later() -> Wake {
    let share = u32::from(id::WriteId::new().to_bytes()[0]);
    Wake::After(PAUSE + PAUSE * share / 256)
}

/// A lock that is renewed for as long as it is held.
struct Renewed {
    connections: Arc<Connections>,
    names: Names,
    owner: Owner,
    terms: LeaseTerms,
    until: Option<Duration>,
}

impl Renew for Renewed {
    fn renew(&self) -> Result<Renewal, Error> {
        let now = clock::of_process().monotonic();
        let left = self.until.map_or(self.terms.lease(), |until| until.saturating_sub(now).min(self.terms.lease()));
        if left.is_zero() {
            return Ok(Renewal::Gone);
        }
        let patience = self.connections.options().longest_answer().min(self.terms.heartbeat() / 4);
        let question = |connection: &mut _| scripts::renew(connection, &self.names.lock, &self.owner.nonce, left);
        let is_kept = self.connections.ask(patience, question).map_err(Failure::into_error)?;
        Ok(if is_kept { Renewal::Kept } else { Renewal::Gone })
    }
}
