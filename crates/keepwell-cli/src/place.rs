//! Which folder a command is about, where the command line does not say.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::session::Session;

/// The folder that the settings name for results.
pub(crate) fn default_folder(session: &mut Session) -> Result<PathBuf, Failure> {
    let settings = session.settings()?;
    let Some(address) = &settings.results.default_storage else {
        return Ok(settings.results.local_storage_path.clone());
    };
    if address.reveal().contains("://") {
        return Err(not_a_folder(&format!("the default storage {address}")));
    }
    Ok(address.reveal().into())
}

/// The folder that a path or an address names.
pub(crate) fn folder_at(place: &str) -> Result<PathBuf, Failure> {
    if place.contains("://") {
        return Err(not_a_folder(&format!("the storage `{place}`")));
    }
    Ok(place.into())
}

fn not_a_folder(what: &str) -> Failure {
    Failure::advised(format!("{what} is not a folder"), "name a folder with `--storage PATH`")
}
