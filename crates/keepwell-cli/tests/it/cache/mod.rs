//! `keepwell cache`

mod ls;
mod records;
mod remove;
mod show;
mod verify;
