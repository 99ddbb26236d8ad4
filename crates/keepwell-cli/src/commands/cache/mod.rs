//! `keepwell cache`: the records that are kept in a folder.
//!
//! Nothing here decodes a payload, but for `show --value`, and nothing but `rm` and `clear` changes the folder: a damaged file
//! is listed and stays where it is.

mod blobs;
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

pub(crate) use subcommand::Command;
