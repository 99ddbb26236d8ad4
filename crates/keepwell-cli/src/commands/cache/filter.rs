//! Which records `clear` is about.

use std::time::Duration;

use clap::Args;
use keepwell_core::clock::Timestamp;

use super::entry::{Condition, Entry};
use crate::age::parse_duration;

/// Which records are meant: those that fulfil every condition that is given.
#[derive(Args, Debug)]
pub(super) struct Filter {
    /// Only records that have expired.
    #[arg(long)]
    expired: bool,

    /// Only records of this task.
    #[arg(long, value_name = "NAME")]
    task: Option<String>,

    /// Only records that were written longer ago than this, as in `7d` or `36h`.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    older_than: Option<Duration>,
}

impl Filter {
    pub(super) fn matches(&self, entry: &Entry, now: Timestamp) -> bool {
        let is_expired = || entry.condition == Condition::Expired;
        let is_of = |task: &String| entry.provenance.task_name.as_ref() == Some(task);
        let is_older = |age: &Duration| entry.created.after(*age) < now;
        entry.condition.is_a_record()
            && (!self.expired || is_expired())
            && self.task.as_ref().is_none_or(is_of)
            && self.older_than.as_ref().is_none_or(is_older)
    }
}
