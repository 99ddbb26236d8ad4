//! `keepwell profile rename`

use clap::Args;
use keepwell_core::settings::Profiles;

use crate::failure::Failure;
use crate::session::Session;

#[derive(Args, Debug)]
pub(crate) struct Rename {
    /// The profile.
    name: String,

    /// Its new name.
    new_name: String,
}

impl Rename {
    pub(crate) fn run(self, session: &mut Session) -> Result<(), Failure> {
        let Self { name, new_name } = self;
        Profiles::edit(session.environment(), |profiles| profiles.rename(&name, &new_name))?;
        session.print(format_args!("Renamed profile '{name}' to '{new_name}'."))
    }
}
