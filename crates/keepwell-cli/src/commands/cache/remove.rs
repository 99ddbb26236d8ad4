//! `keepwell cache rm`

use super::folder::Target;
use crate::arguments::Confirmation;
use crate::failure::Failure;
use crate::prefix;
use crate::session::Session;
use crate::text::{bytes, count, safe};
use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct Remove {
    /// Keys, or enough of their beginnings; either all are removed or none is.
    #[arg(required = true, value_name = "KEY")]
    keys: Vec<String>,

    #[command(flatten)]
    target: Target,

    #[command(flatten)]
    confirmation: Confirmation,
}

impl Remove {
    pub(crate) fn run(self, session: &mut Session) -> Result<(), Failure> {
        let folder = self.target.open(session)?;
        let entries = folder.entries()?;
        let found = self.keys.iter().map(|text| prefix::find(&entries, text)).collect::<Result<Vec<_>, _>>()?;
        let names: Vec<_> = found.iter().map(|entry| format!("'{}'", safe(entry.key.as_str()))).collect();
        session.confirm(&format!("Remove {}?", names.join(", ")), self.confirmation.yes)?;
        let store = folder.store(session)?;
        let (mut removed, mut size) = (0, 0);
        for (entry, name) in found.iter().zip(&names) {
            if store.remove(&entry.key)? {
                session.print(format_args!("Removed {name}."))?;
                removed += 1;
                size += entry.size;
            }
        }
        match removed {
            0 => Err(Failure::refused("nothing was removed: there is no record any more")),
            1 => Ok(()),
            _ => session.print(format_args!("Removed {} of {}.", count(removed, "record"), bytes(size))),
        }
    }
}
