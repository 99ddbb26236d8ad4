//! What a scenario found wrong, in words.

use std::fmt;
use std::path::PathBuf;

/// Something that must not be, or a check that could not be made.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    kept: Option<PathBuf>,
    replay: Option<String>,
}

/// What comes of a step of a check.
pub(crate) type Checked<T> = Result<T, Failure>;

impl Failure {
    /// A failure in these words.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), kept: None, replay: None }
    }

    /// The same with what was being done, before it.
    #[must_use]
    pub(crate) fn within(self, what: impl fmt::Display) -> Self {
        Self { what: format!("{what}: {}", self.what), ..self }
    }

    /// The same with the folder that is kept for a look.
    #[must_use]
    pub(crate) fn with_folder(self, kept: PathBuf) -> Self {
        Self { kept: Some(kept), ..self }
    }

    /// The same with the command that does it again, unless it has one.
    #[must_use]
    pub(crate) fn with_replay(self, replay: String) -> Self {
        Self { replay: Some(self.replay.unwrap_or(replay)), ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)?;
        if let Some(kept) = &self.kept {
            write!(formatter, "\n  kept:  {}", kept.display())?;
        }
        if let Some(replay) = &self.replay {
            write!(formatter, "\n  again: {replay}")?;
        }
        Ok(())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(error.to_string())
    }
}

impl From<rustix::io::Errno> for Failure {
    fn from(errno: rustix::io::Errno) -> Self {
        std::io::Error::from(errno).into()
    }
}

impl From<keepwell_core::Error> for Failure {
    fn from(error: keepwell_core::Error) -> Self {
        Self::new(format!("{error:?}"))
    }
}

/// Fails in these words unless the claim holds.
pub(crate) fn demand(claim: bool, what: impl FnOnce() -> String) -> Checked<()> {
    if claim { Ok(()) } else { Err(Failure::new(what())) }
}
