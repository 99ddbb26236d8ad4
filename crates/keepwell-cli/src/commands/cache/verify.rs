//! `keepwell cache verify`

use clap::Args;
use keepwell_core::store::{Problem, Remedy, Trouble, Verification};
use serde_json::{Value, json};

use super::folder::Target;
use crate::arguments::Listing;
use crate::failure::Failure;
use crate::session::Session;
use crate::text::{bytes, count, safe};

#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// Put right what can be, and say what was done.
    #[arg(long)]
    repair: bool,

    #[command(flatten)]
    target: Target,

    #[command(flatten)]
    listing: Listing,
}

impl Verify {
    pub(crate) fn run(self, session: &mut Session) -> Result<u8, Failure> {
        self.verify(session).or_else(|failure| {
            if failure.is_broken_pipe() {
                return Err(failure);
            }
            session.say_error(&failure);
            Ok(Trouble::Unreadable.bit())
        })
    }

    fn verify(&self, session: &mut Session) -> Result<u8, Failure> {
        let folder = self.target.open(session)?;
        let found = folder.store(session)?.verify(self.repair)?;
        let place = folder.path().display().to_string();
        if self.listing.is_json() {
            session.print_json(&object(&found, &place))?;
        } else {
            found.problems.iter().try_for_each(|problem| session.print(line(problem)))?;
            session.print(summary(&found, &place))?;
            session.print(verdict(&found))?;
        }
        Ok(found.bits())
    }
}

fn line(problem: &Problem) -> String {
    let subject = problem.subject.to_string();
    let remedy = match &problem.remedy {
        Remedy::Possible(what) => format!("`--repair` would {what}"),
        Remedy::Done(what) => (*what).to_owned(),
        Remedy::Failed(why) => format!("not repaired: {why}"),
        Remedy::Nothing(why) => (*why).to_owned(),
    };
    format!("{}: {}: {}; {}", problem.trouble.name(), safe(&subject), safe(&problem.what), safe(&remedy))
}

fn summary(found: &Verification, place: &str) -> String {
    let others = match found.others {
        0 => String::new(),
        others => format!(", beside {}", count(as_count(others), "other file")),
    };
    let transactions = match (found.old_decisions, found.removed_decisions) {
        (0, _) => String::new(),
        (old, 0) => format!(" {} long done.", are(as_count(old), "transaction")),
        (old, removed) => format!(" {} long done, {removed} forgotten.", are(as_count(old), "transaction")),
    };
    let unnamed = match (found.unnamed_blobs, found.removed_blobs) {
        (0, _) => String::new(),
        (unnamed, 0) => format!(" {} named by no record.", are(as_count(unnamed), "payload")),
        (unnamed, removed) => format!(" {} named by no record, {removed} removed.", are(as_count(unnamed), "payload")),
    };
    format!(
        "Looked at {}, {} in {}{others}.{transactions}{unnamed}",
        count(as_count(found.records), "whole record"),
        bytes(found.bytes),
        safe(place)
    )
}

fn verdict(found: &Verification) -> String {
    let told = |trouble: Trouble| match found.count(trouble) {
        0 => None,
        number => Some(format!("{number} {}", trouble.name())),
    };
    let kinds: Vec<_> = Trouble::ALL.into_iter().filter_map(told).collect();
    if kinds.is_empty() {
        return "All is well.".to_owned();
    }
    let repaired = match found.problems.iter().filter(|problem| problem.is_repaired()).count() {
        0 => String::new(),
        number => format!("; {number} put right"),
    };
    format!("{}: {}{repaired}.", count(found.problems.len(), "problem"), kinds.join(", "))
}

fn object(found: &Verification, place: &str) -> Value {
    let problem = |problem: &Problem| {
        let (remedy, detail) = match &problem.remedy {
            Remedy::Possible(what) => ("possible", *what),
            Remedy::Done(what) => ("done", *what),
            Remedy::Failed(why) => ("failed", why.as_str()),
            Remedy::Nothing(why) => ("none", *why),
        };
        json!({
            "subject": problem.subject.to_string(),
            "kind": problem.trouble.name(),
            "what": problem.what,
            "repair": remedy,
            "detail": detail,
        })
    };
    json!({
        "storage": place,
        "records": found.records,
        "others": found.others,
        "claims": found.claims,
        "recent_transactions": found.recent_transactions,
        "old_decisions": found.old_decisions,
        "removed_decisions": found.removed_decisions,
        "blobs": found.blobs,
        "bytes": found.bytes,
        "unnamed_blobs": found.unnamed_blobs,
        "removed_blobs": found.removed_blobs,
        "problems": found.problems.iter().map(problem).collect::<Value>(),
        "exit_code": found.bits(),
    })
}

fn are(number: usize, thing: &str) -> String {
    format!("{} {}", count(number, thing), if number == 1 { "is" } else { "are" })
}

fn as_count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
