//! `keepwell locks break`

use clap::Args;

use super::lock;
use super::place::Place;
use crate::arguments::Confirmation;
use crate::failure::Failure;
use crate::prefix;
use crate::session::Session;
use crate::text::safe;

#[derive(Args, Debug)]
pub(crate) struct Break {
    /// The key, or enough of its beginning.
    key: String,

    #[command(flatten)]
    place: Place,

    #[command(flatten)]
    confirmation: Confirmation,
}

impl Break {
    pub(crate) fn run(self, session: &mut Session) -> Result<(), Failure> {
        let manager = self.place.open(session)?;
        let locks = lock::all(&*manager)?;
        let lock = prefix::find(&locks, &self.key)?;
        let (key, by) = (safe(lock.key.as_str()), lock.by.to_string());
        session.confirm(&format!("Take the lock for '{key}' from {}?", safe(&by)), self.confirmation.yes)?;
        match manager.break_lock(&lock.key)? {
            Some(by) => session.print(format_args!("Took the lock for '{key}' from {}.", safe(&by.to_string()))),
            None => Err(Failure::refused("nothing was taken: the lock was given back meanwhile")),
        }
    }
}
