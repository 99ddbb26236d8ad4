//! This program in another process: locks that hold between two descriptors of one process need not hold between two.

use std::path::Path;
use std::process::Stdio;

use keepwell_core::{Error, ErrorKind};

use crate::session::Session;

/// What the other process prints: it could take the lock.
pub(super) const FREE: &str = "free";
/// What the other process prints: it could not take the lock.
pub(super) const HELD: &str = "held";

/// Whether another process can take the lock of the file at `path`.
pub(super) fn can_lock(session: &Session, path: &Path) -> Result<bool, Error> {
    let Some(mut program) = session.program() else { return Err(untold("it is not known how this one was started")) };
    program.args(["doctor", "--try-lock"]).arg(path).stdin(Stdio::null()).stderr(Stdio::null());
    let output = program.output().map_err(|cause| untold("it cannot be started").with_source(cause))?;
    match String::from_utf8_lossy(&output.stdout).trim() {
        FREE => Ok(true),
        HELD => Ok(false),
        _ => Err(untold("it failed")),
    }
}

fn untold(why: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("there is no other process to try it: {why}"))
}
