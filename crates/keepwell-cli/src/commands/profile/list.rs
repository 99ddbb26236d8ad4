//! `keepwell profile ls`

use clap::Args;
use keepwell_core::settings::Profiles;
use serde_json::{Value, json};

use crate::arguments::Listing;
use crate::failure::Failure;
use crate::session::{ACTIVE, Session};

#[derive(Args, Debug)]
pub(crate) struct List {
    #[command(flatten)]
    listing: Listing,
}

impl List {
    pub(crate) fn run(self, session: &mut Session) -> Result<(), Failure> {
        let profiles = Profiles::read(session.environment())?;
        let mut rows = profiles.names().into_iter().map(|name| (name, name == profiles.active()));
        if self.listing.is_json() {
            let rows: Vec<Value> = rows.map(|(name, active)| json!({ "name": name, "active": active })).collect();
            return session.print_json(&rows.into());
        }
        rows.try_for_each(|(name, active)| match active {
            true => session.print(format_args!("{ACTIVE}* {name}{ACTIVE:#}")),
            false => session.print(format_args!("  {name}")),
        })
    }
}
