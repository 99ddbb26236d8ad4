//! The one error type of the engine: what was being done, to what, why it failed, and what to do about it.

use std::error::Error as StdError;
use std::fmt;

/// What an [`Error`] is about. Stable: front ends map each kind to an exception class or a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A cache key cannot be computed or is not legal.
    Key,
    /// A value cannot be turned into bytes, or bytes into a value.
    Serialization,
    /// Stored bytes are not what was written.
    Corrupt,
    /// A record is not signed by a key that this reader trusts.
    Untrusted,
    /// A result that should be there is not.
    Missing,
    /// A lock was not granted before the deadline.
    LockTimeout,
    /// A lock was lost while its holder was still at work.
    LeaseLost,
    /// A storage could not be read or written.
    Storage,
    /// The storage has no space left.
    StorageFull,
    /// The storage may not be written to.
    ReadOnly,
    /// A transaction was rolled back: nothing of it is visible.
    Aborted,
    /// A transaction's outcome could not be learnt: it is whole or absent, but nobody here knows which.
    CommitUnknown,
    /// The configuration asks for something that this storage or lock manager cannot do.
    Unsupported,
    /// A setting, profile or settings file is wrong.
    Settings,
    /// The user's own code failed: a body, a hook, a key function.
    User,
}

/// An error of the engine.
///
/// Displays as one line without a full stop; the causes are behind [`source`](StdError::source) and the advice, where
/// there is any, behind [`hint`](Error::hint).
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `kind` with a message in lower case that names what was being done and to which key or path.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), hint: None, source: None }))
    }

    /// The same error with advice on what to do.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// The same error with its cause, which the message must not repeat.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What the error is about.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What to do about it, where there is something to say.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The message, its causes and the hint in one line, for a log.
    pub fn report(&self) -> String {
        let mut line = self.to_string();
        let mut source = self.source();
        while let Some(cause) = source {
            line.push_str(": ");
            line.push_str(&cause.to_string());
            source = cause.source();
        }
        if let Some(hint) = self.hint() {
            line.push_str(" (");
            line.push_str(hint);
            line.push(')');
        }
        line
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}: {}", self.kind(), self.report())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_holds_the_message_the_causes_and_the_hint() {
        let error = Error::new(ErrorKind::Storage, "cannot read `/x/abc`")
            .with_source(std::io::Error::other("disk on fire"))
            .with_hint("run `keepwell doctor`");
        assert_eq!(error.report(), "cannot read `/x/abc`: disk on fire (run `keepwell doctor`)");
        assert_eq!(error.to_string(), "cannot read `/x/abc`");
    }
}
