//! Which `keepwell cache` commands there are.

use clap::Subcommand;

use super::{clear, list, remove, show, verify};
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
    /// Look at everything that is kept, and say what is wrong with it.
    ///
    /// Reads every record and every payload, checks their digests and signatures, and what has become of transactions. With
    /// `--repair` does what a reader or writer would do that met the problem: damaged files go to the quarantine, and what a
    /// dead transaction left is settled as it was decided. Decisions that are long done, and payloads that no record has named
    /// for an hour, are removed. May run beside programs that use the records.
    ///
    /// Exit code: 0 all is well, or the sum of 1 corrupt, 2 untrusted, 4 unreadable, 8 transactions that are undecided or
    /// contradict their records. What was put right does not count.
    Verify(verify::Verify),
}

impl Command {
    /// Does what the command says, and returns the exit code.
    pub(crate) fn run(self, session: &mut Session) -> Result<u8, Failure> {
        match self {
            Self::Ls(command) => command.run(session).map(|()| 0),
            Self::Show(command) => command.run(session).map(|()| 0),
            Self::Rm(command) => command.run(session).map(|()| 0),
            Self::Clear(command) => command.run(session).map(|()| 0),
            Self::Verify(command) => command.run(session),
        }
    }
}
