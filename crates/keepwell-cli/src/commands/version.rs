//! `keepwell version`

use clap::Args;
use serde_json::json;

use crate::arguments::Listing;
use crate::failure::Failure;
use crate::session::Session;

#[derive(Args, Debug)]
pub(crate) struct Version {
    #[command(flatten)]
    listing: Listing,
}

impl Version {
    pub(crate) fn run(self, session: &mut Session) -> Result<(), Failure> {
        let settings = session.settings()?;
        let rows = [
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("platform", format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH)),
            ("profile", settings.profile().to_owned()),
            ("home", settings.home.display().to_string()),
            ("storage", settings.results.local_storage_path.display().to_string()),
        ];
        if self.listing.is_json() {
            let object = rows.into_iter().map(|(name, value)| (name.to_owned(), json!(value)));
            return session.print_json(&serde_json::Value::Object(object.collect()));
        }
        rows.iter().try_for_each(|(name, value)| session.print(format_args!("{:<9} {value}", format!("{name}:"))))
    }
}
