//! The connections of this process to one server: a few, opened when they are needed, lent to one question at a time.
//!
//! Every question has a deadline. A connection is opened on a thread of its own, because neither the look-up of a name nor
//! a handshake keeps to one; it goes on there if the question gives up, and serves the next.

use std::sync::Arc;
use std::time::Duration;

use keepwell_core::clock;
use keepwell_core::lock::Errand;
use parking_lot::{Condvar, Mutex};
use redis::{Client, Connection, RedisError, RedisResult};

use crate::failure::Failure;
use crate::options::RedisOptions;

/// The most connections for questions. One more listens for releases while somebody waits for one.
const MOST: usize = 8;
/// How long opening one may take in all.
const OPENING: Duration = Duration::from_secs(10);
/// The shortest time that a socket is given to answer: it knows no shorter one.
const SHORTEST: Duration = Duration::from_millis(1);

/// The connections to one server.
#[derive(Debug)]
pub(crate) struct Connections {
    options: RedisOptions,
    lending: Mutex<Lending>,
    given_back: Condvar,
}

#[derive(Default)]
struct Lending {
    idle: Vec<Connection>,
    /// How many there are: idle, lent, or being opened.
    open: usize,
}

struct Lent {
    connection: Connection,
    was_idle: bool,
}

type Opening = Errand<Result<Connection, Failure>>;

impl Connections {
    pub(crate) fn new(options: RedisOptions) -> Self {
        Self { options, lending: Mutex::default(), given_back: Condvar::new() }
    }

    pub(crate) fn options(&self) -> &RedisOptions {
        &self.options
    }

    /// Asks a question and waits for the answer up to `patience`.
    ///
    /// It is asked twice if a connection turns out to have been closed meanwhile, so it must be one that may be: what it
    /// changes is the same when it is asked again.
    pub(crate) fn ask<T>(
        self: &Arc<Self>,
        patience: Duration,
        question: impl Fn(&mut Connection) -> RedisResult<T>,
    ) -> Result<T, Failure> {
        let end = now().saturating_add(patience);
        loop {
            let mut lent = self.lend(end, patience)?;
            let left = Some(left_until(end).max(SHORTEST));
            let timed = lent.connection.set_read_timeout(left).and_then(|()| lent.connection.set_write_timeout(left));
            let answer = timed.and_then(|()| question(&mut lent.connection));
            match answer {
                Ok(answer) => {
                    self.give_back(lent.connection);
                    return Ok(answer);
                }
                Err(error) if !error.is_io_error() => {
                    self.give_back(lent.connection);
                    return Err(self.failure(&error));
                }
                Err(error) => {
                    self.close(lent.connection);
                    let was_closed = lent.was_idle && !error.is_timeout();
                    if !was_closed {
                        return Err(if error.is_timeout() { self.silence(patience) } else { self.failure(&error) });
                    }
                    // Whatever closed it has closed the others too.
                    self.close_idle();
                }
            }
        }
    }

    /// Opens a connection that is not lent to anybody else.
    pub(crate) fn open(&self) -> Result<Connection, Failure> {
        if self.options.has_tls() {
            // Where the program has chosen a provider already, that one is used.
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        }
        let info = self.options.connection_info().map_err(Failure::Final)?;
        let opened = Client::open(info).and_then(|client| client.get_connection_with_timeout(OPENING));
        opened.map_err(|error| self.failure(&error))
    }

    fn lend(self: &Arc<Self>, end: Duration, patience: Duration) -> Result<Lent, Failure> {
        let mut lending = self.lending.lock();
        loop {
            if let Some(connection) = lending.idle.pop() {
                return Ok(Lent { connection, was_idle: true });
            }
            if lending.open < MOST {
                lending.open += 1;
                drop(lending);
                let opened = self.begin_to_open().wait(left_until(end)).ok_or_else(|| self.silence(patience))?;
                return opened.map(|connection| Lent { connection, was_idle: false });
            }
            if self.given_back.wait_for(&mut lending, left_until(end)).timed_out() {
                return Err(self.silence(patience));
            }
        }
    }

    fn begin_to_open(self: &Arc<Self>) -> Opening {
        let (opening, late) = (Arc::clone(self), Arc::clone(self));
        let open = move || opening.open().inspect_err(|_| opening.forget_one());
        Errand::begin(open, move |opened| {
            if let Ok(connection) = opened {
                late.give_back(connection);
            }
        })
    }

    fn give_back(&self, connection: Connection) {
        self.lending.lock().idle.push(connection);
        self.given_back.notify_one();
    }

    fn close(&self, connection: Connection) {
        drop(connection);
        self.forget_one();
    }

    fn forget_one(&self) {
        self.lending.lock().open -= 1;
        self.given_back.notify_one();
    }

    fn close_idle(&self) {
        let mut lending = self.lending.lock();
        let closed = std::mem::take(&mut lending.idle);
        lending.open -= closed.len();
        drop(lending);
        self.given_back.notify_all();
    }

    fn failure(&self, error: &RedisError) -> Failure {
        Failure::of(&self.options.to_string(), error)
    }

    fn silence(&self, patience: Duration) -> Failure {
        Failure::silence(&self.options.to_string(), patience)
    }
}

impl std::fmt::Debug for Lending {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Lending").field("idle", &self.idle.len()).field("open", &self.open).finish()
    }
}

fn now() -> Duration {
    clock::of_process().monotonic()
}

fn left_until(end: Duration) -> Duration {
    end.saturating_sub(now())
}
