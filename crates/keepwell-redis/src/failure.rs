//! Why a question to Redis was not answered, and whether asking again may help.

use std::io;
use std::time::Duration;

use keepwell_core::{Error, ErrorKind};
use redis::{RedisError, ServerErrorKind};

/// A question that was not answered.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It may pass: the server cannot be reached, or cannot answer now.
    Passing(Error),
    /// It will not pass by itself: a wrong password, say.
    Final(Error),
}

impl Failure {
    /// What the client library says, of the server at `address`.
    pub(crate) fn of(address: &str, error: &RedisError) -> Self {
        if is_passing(error) {
            return Self::Passing(unreachable(address, said(error)));
        }
        let refused =
            Error::new(ErrorKind::Storage, format!("the Redis server at {address} refuses")).with_source(said(error));
        Self::Final(if is_about_user(error) {
            refused.with_hint("check the user name and the password")
        } else {
            refused
        })
    }

    /// No answer came in this time.
    pub(crate) fn silence(address: &str, waited: Duration) -> Self {
        Self::Passing(unreachable(address, format!("no answer within {:.1} s", waited.as_secs_f64())))
    }

    /// The error, for callers that do not wait.
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Passing(error) | Self::Final(error) => error,
        }
    }
}

fn unreachable(address: &str, why: String) -> Error {
    Error::new(ErrorKind::Storage, format!("the Redis server at {address} cannot be asked")).with_source(why)
}

fn said(error: &RedisError) -> String {
    if error.is_timeout() { "no answer in time".to_owned() } else { error.to_string() }
}

fn is_about_user(error: &RedisError) -> bool {
    let of_user = ["NOAUTH", "WRONGPASS", "NOPERM"];
    error.kind() == redis::ErrorKind::AuthenticationFailed || error.code().is_some_and(|code| of_user.contains(&code))
}

fn is_passing(error: &RedisError) -> bool {
    match error.kind() {
        // What is wrong with a certificate is told as data that is wrong.
        redis::ErrorKind::Io => io_kind(error) != Some(io::ErrorKind::InvalidData),
        redis::ErrorKind::Server(kind) => is_passing_at_server(kind, error),
        redis::ErrorKind::Extension => {
            error.code().is_some_and(|code| ["OOM", "MISCONF", "NOREPLICAS", "BUSY"].contains(&code))
        }
        _ => false,
    }
}

fn is_passing_at_server(kind: ServerErrorKind, error: &RedisError) -> bool {
    match kind {
        ServerErrorKind::BusyLoading
        | ServerErrorKind::TryAgain
        | ServerErrorKind::ClusterDown
        | ServerErrorKind::MasterDown
        | ServerErrorKind::ReadOnly => true,
        ServerErrorKind::ResponseError => error.detail().is_some_and(|detail| detail.contains("max number of clients")),
        _ => false,
    }
}

fn io_kind(error: &RedisError) -> Option<io::ErrorKind> {
    std::error::Error::source(error)?.downcast_ref::<io::Error>().map(io::Error::kind)
}
