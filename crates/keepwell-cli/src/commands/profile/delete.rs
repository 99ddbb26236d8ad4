//! `keepwell profile delete`

use clap::Args;
use keepwell_core::settings::Profiles;

use crate::arguments::Confirmation;
use crate::failure::Failure;
use crate::session::Session;

#[derive(Args, Debug)]
pub(crate) struct Delete {
    /// The profile.
    name: String,

    #[command(flatten)]
    confirmation: Confirmation,
}

impl Delete {
    pub(crate) fn run(self, session: &mut Session) -> Result<(), Failure> {
        // What cannot be removed anyway is refused before anything is asked.
        Profiles::read(session.environment())?.remove(&self.name)?;
        session.confirm(&format!("Remove profile '{}'?", self.name), self.confirmation.yes)?;
        Profiles::edit(session.environment(), |profiles| profiles.remove(&self.name))?;
        session.print(format_args!("Removed profile '{}'.", self.name))
    }
}
