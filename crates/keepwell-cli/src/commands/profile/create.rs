//! `keepwell profile create`

use clap::Args;
use keepwell_core::settings::Profiles;

use crate::failure::Failure;
use crate::session::Session;

#[derive(Args, Debug)]
pub(crate) struct Create {
    /// The new profile.
    name: String,

    /// Copy the settings of this profile.
    #[arg(long, value_name = "NAME")]
    from: Option<String>,
}

impl Create {
    pub(crate) fn run(self, session: &mut Session) -> Result<(), Failure> {
        Profiles::edit(session.environment(), |profiles| profiles.create(&self.name, self.from.as_deref()))?;
        match &self.from {
            Some(from) => session.print(format_args!("Created profile '{}' from '{from}'.", self.name))?,
            None => session.print(format_args!("Created profile '{}'.", self.name))?,
        }
        session.print(format_args!("\nTo make it the active one:\n\n    keepwell profile use '{}'", self.name))
    }
}
