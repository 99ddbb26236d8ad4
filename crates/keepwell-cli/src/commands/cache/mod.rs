//! `keepwell cache`: the records that are kept in a folder.
//!
//! Nothing here decodes a payload, but for `show --value`, and nothing but `rm`, `clear` and `verify --repair` changes the
//! folder: a damaged file is listed and stays where it is.

mod clear;
mod diagnostic;
mod entry;
mod filter;
mod folder;
mod list;
mod remove;
mod show;
mod subcommand;
mod value;
mod verify;

pub(crate) use subcommand::Command;
