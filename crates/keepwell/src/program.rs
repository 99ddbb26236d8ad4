//! The digest of the running program, for the `BUILD` policy.

use std::fs::File;
use std::sync::OnceLock;

use keepwell_core::key::Digest;
use keepwell_core::{Error, ErrorKind};

/// The BLAKE3 digest of the executable file, computed once.
///
/// # Errors
/// [`ErrorKind::Key`] if the executable cannot be read.
pub(crate) fn digest() -> Result<Digest, Error> {
    static DIGEST: OnceLock<Digest> = OnceLock::new();
    if let Some(digest) = DIGEST.get() {
        return Ok(*digest);
    }
    let digest = compute().map_err(|error| {
        Error::new(ErrorKind::Key, "the running program's own file cannot be read for the BUILD policy")
            .with_source(error)
    })?;
    Ok(*DIGEST.get_or_init(|| digest))
}

fn compute() -> std::io::Result<Digest> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(std::env::current_exe()?)?)?;
    Ok(Digest::from(hasher.finalize()))
}
