//! `keepwell locks ls`

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::lock::{self, Lock};
use super::place::Place;
use crate::age::lasting;
use crate::arguments::Listing;
use crate::failure::Failure;
use crate::session::Session;
use crate::table;
use crate::text::{count, safe, short};

#[derive(Args, Debug)]
pub(crate) struct List {
    /// Show whole keys.
    #[arg(short, long)]
    long: bool,

    #[command(flatten)]
    place: Place,

    #[command(flatten)]
    listing: Listing,
}

impl List {
    pub(crate) fn run(self, session: &mut Session) -> Result<(), Failure> {
        let manager = self.place.open(session)?;
        let locks = lock::all(&*manager)?;
        if self.listing.is_json() {
            return session.print_json(&locks.iter().map(object).collect());
        }
        if locks.is_empty() {
            return session.print(format_args!("No locks are held: {}.", manager.name()));
        }
        let mut table = table::new(&["KEY", "HOLDER", "HOST", "PROCESS", "HELD", "LEASE", "WAITING"]);
        for lock in &locks {
            table.add_row(self.row(lock));
        }
        table::print(session, table)?;
        session.print("")?;
        session.print(format_args!("{} held: {}.", count(locks.len(), "lock"), manager.name()))
    }

    fn row(&self, Lock { key, by }: &Lock) -> [String; 7] {
        let unknown = || "-".to_owned();
        let key = if self.long { safe(key.as_str()).into_owned() } else { short(key.as_str()) };
        let process = Some(by.process).filter(|process| *process != 0);
        [
            key,
            safe(by.holder.as_str()).into_owned(),
            by.host.as_deref().map_or_else(unknown, short),
            process.map_or_else(unknown, |process| process.to_string()),
            lasting(by.age),
            by.expires_in.map_or_else(unknown, lasting),
            by.waiters.map_or_else(unknown, |waiters| waiters.to_string()),
        ]
    }
}

fn object(Lock { key, by }: &Lock) -> Value {
    json!({
        "key": key.as_str(),
        "holder": by.holder.as_str(),
        "host": by.host,
        "process": Some(by.process).filter(|process| *process != 0),
        "held_seconds": by.age.as_secs_f64(),
        "lease_seconds": by.expires_in.as_ref().map(Duration::as_secs_f64),
        "waiting": by.waiters,
    })
}
