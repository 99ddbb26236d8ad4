//! `keepwell config`: settings.

mod set;
mod subcommand;
mod unset;
mod validate;
mod view;

pub(crate) use subcommand::Command;
