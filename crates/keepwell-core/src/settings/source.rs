//! Where the value of a setting came from.

use std::fmt;
use std::sync::Arc;

use super::setting::hide_password;

/// A layer of settings. The first in this order that gives a setting decides it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The program itself: [`with_overrides`](super::with_overrides).
    Override,
    /// A variable of the environment.
    Environment,
    /// A line of `.env` in the working directory.
    DotEnv,
    /// `keepwell.toml` in the working directory.
    KeepwellToml,
    /// `[tool.keepwell]` of `pyproject.toml` in the working directory.
    Pyproject,
    /// The active profile, by its name.
    Profile(Arc<str>),
    /// Nobody set it.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Override => "override",
            Self::Environment => "env",
            Self::DotEnv => ".env file",
            Self::KeepwellToml => "keepwell.toml",
            Self::Pyproject => "pyproject.toml",
            Self::Profile(_) => "profile",
            Self::Default => "defaults",
        })
    }
}

/// What was found for a setting.
#[derive(Clone, PartialEq, Eq)]
pub struct Found {
    pub(super) text: String,
    pub(super) source: Source,
    pub(super) written: &'static str,
}

impl Found {
    /// The value as text. In paths `~` and `$KEEPWELL_HOME` are expanded.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The layer that gave it.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The name under which that layer gave it: the setting's name, an alias, a `PREFECT_*` twin or its path.
    pub fn written(&self) -> &'static str {
        self.written
    }
}

impl fmt::Debug for Found {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} (from {})", hide_password(&self.text), self.source)
    }
}
