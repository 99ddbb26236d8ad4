//! Which server the locks are in, and who asks there.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use keepwell_core::lock::LockManager;
use keepwell_core::{Error, ErrorKind};
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo};

use crate::RedisLockManager;

/// How long one question may take, unless it is said.
const PATIENCE: Duration = Duration::from_secs(2);
const PREFIX: &str = "keepwell:";
/// The ways in which a URL for Redis begins.
const SCHEMES: [&str; 7] =
    ["redis://", "rediss://", "valkey://", "valkeys://", "unix://", "redis+unix://", "valkey+unix://"];

/// Which server the locks are in, and who asks there. Nothing is opened yet.
///
/// ```
/// use keepwell_redis::RedisOptions;
///
/// let options = RedisOptions::new("locks.example", 6379).db(1).username("keeper").password("secret").tls(true);
/// assert_eq!(options.to_string(), "rediss://locks.example:6379/1");
/// assert_eq!(options, RedisOptions::of_url("rediss://keeper:secret@locks.example/1")?);
/// # Ok::<(), keepwell_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RedisOptions {
    address: Address,
    db: i64,
    username: Option<String>,
    password: Option<String>,
    prefix: String,
    patience: Duration,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Address {
    Tcp { host: String, port: u16, tls: bool },
    Unix(PathBuf),
}

/// The lock manager that a URL names, if it is one for Redis.
///
/// # Errors
/// As [`RedisOptions::of_url`].
pub fn lock_manager_at(url: &str) -> Option<Result<Arc<dyn LockManager>, Error>> {
    let is_ours = SCHEMES.iter().any(|scheme| url.starts_with(scheme));
    is_ours.then(|| RedisLockManager::at(url).map(|manager| Arc::new(manager) as Arc<dyn LockManager>))
}

impl RedisOptions {
    /// The server at a host and port, database 0, without a password or TLS.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self::at(Address::Tcp { host: host.into(), port, tls: false })
    }

    /// The server at a socket of this machine.
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self::at(Address::Unix(path.into()))
    }

    fn at(address: Address) -> Self {
        Self { address, db: 0, username: None, password: None, prefix: PREFIX.to_owned(), patience: PATIENCE }
    }

    /// What a URL says: `redis://[user][:password@]host[:port][/database]`, `rediss://…` for TLS, or
    /// `unix:///path[?db=…&username=…&password=…]`.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`] if it is none of these. The message does not repeat the URL, which may hold a password.
    pub fn of_url(url: &str) -> Result<Self, Error> {
        let parsed = redis::parse_redis_url(url).ok_or_else(|| wrong_url("it is no URL for Redis"))?;
        let query: Vec<_> = parsed.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        let info = parsed.into_connection_info().map_err(|error| wrong_url(&error.to_string()))?;
        let mut options = Self::at(Address::of(info.addr())?);
        options.db = info.redis_settings().db();
        options.username = info.redis_settings().username().map(str::to_owned);
        options.password = info.redis_settings().password().map(str::to_owned);
        query.into_iter().try_fold(options, |options, (name, value)| match name.as_str() {
            "db" => Ok(options.db(value.parse().map_err(|_| wrong_url("its `db` is no number"))?)),
            "user" | "username" => Ok(options.username(value)),
            "pass" | "password" => Ok(options.password(value)),
            _ => Err(wrong_url(&format!("it has an option `{name}`, of which nothing is known"))),
        })
    }

    /// The number of the database.
    #[must_use]
    pub fn db(mut self, number: i64) -> Self {
        self.db = number;
        self
    }

    /// The user to be, for servers that have several.
    #[must_use]
    pub fn username(mut self, name: impl Into<String>) -> Self {
        self.username = Some(name.into());
        self
    }

    /// The password of the user, or of the server.
    #[must_use]
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Whether to speak TLS, with a server whose certificate this machine trusts. Sockets of this machine have none.
    #[must_use]
    pub fn tls(mut self, is_wanted: bool) -> Self {
        if let Address::Tcp { tls, .. } = &mut self.address {
            *tls = is_wanted;
        }
        self
    }

    /// What the names of all keys in Redis begin with: `keepwell:` unless it is said.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How long one question may take before the server counts as unreachable: 2 seconds unless it is said. A caller with
    /// a nearer deadline waits no longer than to that.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    pub(crate) fn longest_answer(&self) -> Duration {
        self.patience
    }

    pub(crate) fn key_prefix(&self) -> &str {
        &self.prefix
    }

    pub(crate) fn has_tls(&self) -> bool {
        matches!(self.address, Address::Tcp { tls: true, .. })
    }

    /// What the client library is told.
    pub(crate) fn connection_info(&self) -> Result<ConnectionInfo, Error> {
        let address = match self.address.clone() {
            Address::Tcp { host, port, tls: false } => ConnectionAddr::Tcp(host, port),
            Address::Tcp { host, port, tls: true } => {
                ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
            }
            Address::Unix(path) => ConnectionAddr::Unix(path),
        };
        let mut settings = RedisConnectionInfo::default().set_db(self.db);
        settings = settings.set_lib_name("keepwell", env!("CARGO_PKG_VERSION"));
        if let Some(username) = &self.username {
            settings = settings.set_username(username);
        }
        if let Some(password) = &self.password {
            settings = settings.set_password(password);
        }
        let info = address.into_connection_info().map_err(|error| wrong_url(&error.to_string()))?;
        Ok(info.set_redis_settings(settings))
    }
}

impl Address {
    fn of(address: &ConnectionAddr) -> Result<Self, Error> {
        match address {
            ConnectionAddr::Tcp(host, port) => Ok(Self::Tcp { host: host.clone(), port: *port, tls: false }),
            ConnectionAddr::TcpTls { insecure: true, .. } => {
                Err(wrong_url("it asks for TLS with a server that is not checked"))
            }
            ConnectionAddr::TcpTls { host, port, .. } => Ok(Self::Tcp { host: host.clone(), port: *port, tls: true }),
            ConnectionAddr::Unix(path) => Ok(Self::Unix(path.clone())),
            _ => Err(wrong_url("it is of a kind that is not known")),
        }
    }
}

fn wrong_url(why: &str) -> Error {
    Error::new(ErrorKind::Settings, format!("cannot use the address of the Redis server: {why}"))
        .with_hint("write redis://user:password@host:6379/0, rediss://… for TLS, or unix:///path/to/socket?db=0")
}

/// The address, without the user and the password.
impl fmt::Display for RedisOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Tcp { host, port, tls } => {
                let scheme = if *tls { "rediss" } else { "redis" };
                let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
                write!(formatter, "{scheme}://{host}:{port}/{}", self.db)
            }
            Address::Unix(path) => write!(formatter, "unix://{}?db={}", path.display(), self.db),
        }
    }
}

/// Without the password.
impl fmt::Debug for RedisOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RedisOptions({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_what_the_options_would() {
        let keeper = |options: RedisOptions| options.username("keeper").password("p:@ss");
        let expected = [
            ("redis://localhost", RedisOptions::new("localhost", 6379)),
            ("redis://:p%3A%40ss@[::1]:7000/3", RedisOptions::new("::1", 7000).db(3).password("p:@ss")),
            ("rediss://keeper:p%3A%40ss@far:1/2", keeper(RedisOptions::new("far", 1).db(2).tls(true))),
            ("unix:///run/redis.sock", RedisOptions::unix("/run/redis.sock")),
            ("unix:///s?db=4&username=keeper&password=p%3A%40ss", keeper(RedisOptions::unix("/s").db(4))),
        ];
        for (url, options) in expected {
            assert_eq!(RedisOptions::of_url(url).unwrap(), options, "{url}");
        }
    }

    #[test]
    fn a_wrong_url_is_refused_without_being_repeated() {
        for url in ["http://secret", "redis://h/secret", "redis://h?secret=1", "rediss://secret/#insecure", "secret"] {
            let error = RedisOptions::of_url(url).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Settings, "{url}");
        }
        assert!(!format!("{:?}", RedisOptions::new("h", 1).password("secret")).contains("secret"));
    }

    #[test]
    fn only_urls_for_redis_name_a_lock_manager_here() {
        assert!(lock_manager_at("/var/locks").is_none());
        assert!(lock_manager_at("redis://h/x").unwrap().is_err());
        assert_eq!(lock_manager_at("redis://h/7").unwrap().unwrap().name(), "redis://h:6379/7");
    }
}
