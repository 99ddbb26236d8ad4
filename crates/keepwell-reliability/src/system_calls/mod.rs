//! Processes under `strace`, which sees their system calls, kills them at one, or lets one fail.

mod call;
mod strace;

pub(crate) use call::{BEGIN, Call, END, mark};
pub(crate) use strace::{Blow, Ended, Strace};
