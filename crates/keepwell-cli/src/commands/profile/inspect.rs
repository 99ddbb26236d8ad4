//! `keepwell profile inspect`

use clap::Args;
use keepwell_core::settings::{Profiles, Setting};
use serde_json::{Value, json};

use crate::arguments::Listing;
use crate::failure::Failure;
use crate::session::Session;

#[derive(Args, Debug)]
pub(crate) struct Inspect {
    /// The profile; the active one if none is given.
    name: Option<String>,

    #[command(flatten)]
    listing: Listing,
}

impl Inspect {
    pub(crate) fn run(self, session: &mut Session) -> Result<(), Failure> {
        let profiles = Profiles::read(session.environment())?;
        let name = self.name.unwrap_or_else(|| profiles.active().to_owned());
        let variables = profiles.variables(&name)?.into_iter().map(|(name, text)| {
            let text = Setting::find(&name).map_or_else(|| text.clone(), |setting| setting.shown(&text));
            (name, text)
        });
        if self.listing.is_json() {
            let object = variables.map(|(name, text)| (name, json!(text)));
            return session.print_json(&Value::Object(object.collect()));
        }
        if variables.len() == 0 {
            return session.print(format_args!("Profile '{name}' is empty."));
        }
        variables.into_iter().try_for_each(|(name, text)| session.print(format_args!("{name}='{text}'")))
    }
}
