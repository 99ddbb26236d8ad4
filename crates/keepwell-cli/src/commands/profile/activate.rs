//! `keepwell profile use`

use clap::Args;
use keepwell_core::settings::Profiles;

use crate::failure::Failure;
use crate::session::Session;

#[derive(Args, Debug)]
pub(crate) struct Activate {
    /// The profile.
    name: String,
}

impl Activate {
    pub(crate) fn run(self, session: &mut Session) -> Result<(), Failure> {
        let variable = session.environment().text("KEEPWELL_PROFILE")?.unwrap_or_default().to_owned();
        Profiles::edit(session.environment(), |profiles| profiles.activate(&self.name))?;
        session.print(format_args!("Profile '{}' is now active.", self.name))?;
        if ![String::new(), self.name].contains(&variable) {
            session.say_warning(format_args!(
                "KEEPWELL_PROFILE is set to '{variable}', which overrides it; run `unset KEEPWELL_PROFILE` to clear it"
            ));
        }
        Ok(())
    }
}
