//! Which `keepwell locks` commands there are.

use clap::Subcommand;

use super::{broken, list};
use crate::failure::Failure;
use crate::session::Session;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the locks that are held: by whom, where, for how long, and how many wait.
    Ls(list::List),
    /// Take a lock away from its holder.
    ///
    /// The holder finds out when it next renews its lease. What it computes by then counts only if nobody else has claimed
    /// the key: the storage sees to that. A lock in a folder ends with its process and cannot be taken from a living one.
    Break(broken::Break),
}

impl Command {
    pub(crate) fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::Ls(command) => command.run(session),
            Self::Break(command) => command.run(session),
        }
    }
}
