//! The command line: what may be written, and what it means.

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::{cache, config, doctor, locks, profile, version};
use crate::failure::Failure;
use crate::session::Session;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold());

/// Runs a task once and keeps its result well.
#[derive(Debug, Parser)]
#[command(name = "keepwell", version, styles = STYLES, arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// Use this profile, whatever KEEPWELL_PROFILE and the profiles file say.
    #[arg(short, long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// See, check and remove the records that are kept.
    #[command(subcommand)]
    Cache(cache::Command),
    /// See and change settings.
    #[command(subcommand)]
    Config(config::Command),
    /// Try out the place where results are kept, and say which promises hold there.
    ///
    /// Tries how its file system renames, links, locks and flushes files, how it tells names and times apart, how much room
    /// there is, and whose the folder is. Works in temporary files that are gone afterwards, and reads no record. With `--locks`
    /// also asks a Redis server whether it would forget locks.
    ///
    /// Exit code: 0 all promises hold, 1 some hold in part, 2 results cannot be kept well here.
    Doctor(doctor::Doctor),
    /// See who holds locks, and take them away.
    #[command(subcommand)]
    Locks(locks::Command),
    /// See and change profiles: named sets of settings.
    #[command(subcommand)]
    Profile(profile::Command),
    /// Print the version, and where this installation keeps things.
    Version(version::Version),
}

impl Command {
    /// Does what the command says, and returns the exit code. A failure is 1, but where the command has words of its own
    /// for the codes.
    pub(crate) fn run(self, session: &mut Session) -> Result<u8, Failure> {
        match self {
            Self::Cache(command) => command.run(session),
            Self::Config(command) => command.run(session).map(|()| 0),
            Self::Doctor(command) => command.run(session),
            Self::Locks(command) => command.run(session).map(|()| 0),
            Self::Profile(command) => command.run(session).map(|()| 0),
            Self::Version(command) => command.run(session).map(|()| 0),
        }
    }
}

/// How a result is printed.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Listing {
    /// How to print it.
    #[arg(short, long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    output: Format,

    /// The same as `--output json`.
    #[arg(long)]
    json: bool,
}

impl Listing {
    pub(crate) fn is_json(self) -> bool {
        self.json || self.output == Format::Json
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// Whether to ask before something is lost.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Confirmation {
    /// Do not ask.
    #[arg(short, long)]
    pub(crate) yes: bool,
}
