//! Which `keepwell config` commands there are.

use clap::Subcommand;

use super::{set, unset, validate, view};
use crate::failure::Failure;
use crate::session::Session;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Set settings in the active profile.
    Set(set::Set),
    /// Remove settings from the active profile.
    Unset(unset::Unset),
    /// Show the settings that hold, and where each came from.
    View(view::View),
    /// Check every place that settings are read from.
    Validate,
}

impl Command {
    pub(crate) fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Set(command) => command.run(session),
            Self::Unset(command) => command.run(session),
            Self::View(command) => command.run(session),
            Self::Validate => validate::run(session),
        }
    }
}
