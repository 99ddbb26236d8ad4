//! `keepwell profile`: named sets of settings.

mod activate;
mod create;
mod delete;
mod inspect;
mod list;
mod rename;
mod subcommand;

pub(crate) use subcommand::Command;
