//! `keepwell config unset`

use clap::Args;
use keepwell_core::settings::{Profiles, Setting};
use keepwell_core::{Error, ErrorKind};

use crate::arguments::Confirmation;
use crate::failure::Failure;
use crate::session::Session;

#[derive(Args, Debug)]
pub(crate) struct Unset {
    /// Settings; either all are removed or none is.
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,

    #[command(flatten)]
    confirmation: Confirmation,
}

impl Unset {
    pub(crate) fn run(self, session: &mut Session) -> Result<(), Failure> {
        let find = |name: &String| Setting::find(name).ok_or_else(|| Setting::unknown(name));
        let settings = self.names.iter().map(find).collect::<Result<Vec<_>, _>>()?;
        let names: Vec<_> = settings.iter().map(|setting| format!("'{}'", setting.name())).collect();
        session.confirm(&format!("Unset {}?", names.join(", ")), self.confirmation.yes)?;
        let profile = Profiles::edit(session.environment(), |profiles| {
            let profile = profiles.active().to_owned();
            settings.iter().try_for_each(|setting| remove(profiles, &profile, setting))?;
            Ok(profile)
        })?;
        names.iter().try_for_each(|name| session.print(format_args!("Unset {name}.")))?;
        session.print(format_args!("Updated profile '{profile}'."))
    }
}

fn remove(profiles: &mut Profiles, profile: &str, setting: &Setting) -> Result<(), Error> {
    if profiles.unset(profile, setting)? {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Settings, format!("'{}' is not set in profile '{profile}'", setting.name())))
}
