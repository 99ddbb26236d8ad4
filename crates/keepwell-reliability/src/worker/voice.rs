//! A worker's own side of the pipes.

use std::io::{self, BufRead, IoSlice};

use crate::failure::{Checked, Failure, demand};

/// Waits for a line from the starter.
pub(crate) fn hear() -> Checked<String> {
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line)? == 0 {
        return Err(Failure::new("nobody told this worker what to do"));
    }
    Ok(line.trim_end().to_owned())
}

/// Says a line to the starter, in one write; by a system call that storages do not make, because those may fail here.
pub(crate) fn say(line: &str) -> Checked<()> {
    let line = format!("{line}\n");
    let written = rustix::io::writev(io::stdout(), &[IoSlice::new(line.as_bytes())])?;
    demand(written == line.len(), || "the starter does not listen".to_owned())
}
