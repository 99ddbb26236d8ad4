//! Worker processes: copies of this program, started to be broken.

mod process;
mod voice;

pub(crate) use process::{Worker, command, plant};
pub(crate) use voice::{hear, say};
