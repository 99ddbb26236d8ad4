//! The command itself: what is asked, and the exit code.

use std::path::PathBuf;

use clap::Args;
use keepwell_core::clock::SystemClock;
use keepwell_core::storage::probe::{can_lock, probe_folder};
use serde_json::{Value, json};

use super::verdict::{self, Verdict};
use super::{folder, other_process, redis};
use crate::arguments::Listing;
use crate::failure::Failure;
use crate::place::{default_folder, folder_at};
use crate::session::Session;

#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// The folder of results; the one that the settings name if none is given.
    #[arg(long, value_name = "PATH|URL")]
    storage: Option<String>,

    /// The Redis server that grants locks, as `redis://[user:password@]host[:port][/database]`.
    #[arg(long, value_name = "URL")]
    locks: Option<String>,

    #[command(flatten)]
    listing: Listing,

    /// Say whether the lock of this file can be taken: what one process has another one try.
    #[arg(long, hide = true, value_name = "PATH")]
    try_lock: Option<PathBuf>,
}

impl Doctor {
    pub(crate) fn run(self, session: &mut Session) -> Result<u8, Failure> {
        if let Some(path) = &self.try_lock {
            session.print(if can_lock(path)? { other_process::FREE } else { other_process::HELD })?;
            return Ok(0);
        }
        self.examine(session).or_else(|failure| {
            if failure.is_broken_pipe() {
                return Err(failure);
            }
            session.say_error(&failure);
            Ok(Verdict::Unusable.exit_code())
        })
    }

    fn examine(&self, session: &mut Session) -> Result<u8, Failure> {
        let path = match &self.storage {
            Some(place) => folder_at(place)?,
            None => default_folder(session)?,
        };
        let findings = probe_folder(path, &SystemClock::new(), Some(&|path| other_process::can_lock(session, path)))?;
        let redis = self.locks.as_deref().map(redis::examine).transpose()?;
        let promises = redis::with_promises(findings.promises(), redis.as_ref());
        let verdict = Verdict::of(&promises);
        if self.listing.is_json() {
            let report = json!({
                "storage": folder::object(&findings),
                "redis": redis.as_ref().map(redis::object),
                "promises": promises.iter().map(verdict::object).collect::<Value>(),
                "verdict": verdict.name(),
            });
            session.print_json(&report)?;
        } else {
            folder::print(session, &findings)?;
            session.print("")?;
            if let Some(redis) = &redis {
                redis::print(session, redis)?;
                session.print("")?;
            }
            verdict::print(session, &promises, verdict)?;
        }
        Ok(verdict.exit_code())
    }
}
