//! `keepwell cache`

mod envelopes;
mod ls;
mod records;
mod remove;
mod show;
mod verify;
