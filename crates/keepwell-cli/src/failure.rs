//! Why a command did not do what it was asked.

use std::fmt;
use std::io;

use keepwell_core::Error;
use keepwell_core::storage::StorageFault;

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The engine refused or failed.
    Engine(Error),
    /// The command itself refused: a message and advice.
    Refused { message: String, hint: Option<String> },
    /// The output could not be written.
    Output(io::Error),
}

impl Failure {
    /// A refusal with this message.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::Refused { message: message.into(), hint: None }
    }

    /// A refusal with this message and what to do about it.
    pub(crate) fn advised(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Refused { message: message.into(), hint: Some(hint.into()) }
    }

    /// Whether whoever read the output went away.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// What to do about it, where there is something to say.
    pub(crate) fn hint(&self) -> Option<&str> {
        match self {
            Self::Engine(error) => error.hint(),
            Self::Refused { hint, .. } => hint.as_deref(),
            Self::Output(_) => None,
        }
    }
}

/// Displays the message and its causes, without the hint.
impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine(error) => {
                write!(formatter, "{error}")?;
                let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
                causes.into_iter().try_for_each(|cause| write!(formatter, ": {cause}"))
            }
            Self::Refused { message, .. } => formatter.write_str(message),
            Self::Output(error) => write!(formatter, "cannot write the output: {error}"),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl From<StorageFault> for Failure {
    fn from(fault: StorageFault) -> Self {
        match fault {
            StorageFault::Unavailable(error) | StorageFault::Unknown(error) => Self::Engine(error),
            StorageFault::Precondition => Self::refused("the file was changed meanwhile"),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
