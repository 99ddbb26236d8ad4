//! Which `keepwell profile` commands there are.

use clap::Subcommand;

use super::{activate, create, delete, inspect, list, rename};
use crate::failure::Failure;
use crate::session::Session;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the profiles.
    Ls(list::List),
    /// Make a new profile.
    Create(create::Create),
    /// Make a profile the active one.
    Use(activate::Activate),
    /// Remove a profile.
    Delete(delete::Delete),
    /// Give a profile another name.
    Rename(rename::Rename),
    /// Show the settings of a profile.
    Inspect(inspect::Inspect),
}

impl Command {
    pub(crate) fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Ls(command) => command.run(session),
            Self::Create(command) => command.run(session),
            Self::Use(command) => command.run(session),
            Self::Delete(command) => command.run(session),
            Self::Rename(command) => command.run(session),
            Self::Inspect(command) => command.run(session),
        }
    }
}
