//! Which `keepwell cache` commands there are.

use clap::Subcommand;

use super::{clear, list, remove, show};
use crate::failure::Failure;
use crate::session::Session;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the records, the newest first.
    Ls(list::List),
    /// Show all that is known about a record.
    Show(show::Show),
    /// Remove records by their keys.
    Rm(remove::Remove),
    /// Remove all records, or those of a kind, and payloads that no record names.
    Clear(clear::Clear),
}

impl Command {
    pub(crate) fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Ls(command) => command.run(session),
            Self::Show(command) => command.run(session),
            Self::Rm(command) => command.run(session),
            Self::Clear(command) => command.run(session),
        }
    }
}
