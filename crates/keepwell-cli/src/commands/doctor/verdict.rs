//! Which promises hold, and what that comes to.

use keepwell_core::storage::probe::{Promise, Standing};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::session::Session;
use crate::table;
use crate::text::count;

/// What all promises together come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All hold.
    Sound,
    /// So many hold in part.
    Reduced(usize),
    /// The place cannot be used.
    Unusable,
}

impl Verdict {
    pub(super) fn of(promises: &[Promise]) -> Self {
        let number = |standing| promises.iter().filter(|promise| promise.standing == standing).count();
        match (number(Standing::Broken), number(Standing::Reduced)) {
            (0, 0) => Self::Sound,
            (0, reduced) => Self::Reduced(reduced),
            _ => Self::Unusable,
        }
    }

    pub(super) fn exit_code(self) -> u8 {
        match self {
            Self::Sound => 0,
            Self::Reduced(_) => 1,
            Self::Unusable => 2,
        }
    }

    /// One word, for programs.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::Reduced(_) => "reduced",
            Self::Unusable => "unusable",
        }
    }

    fn words(self) -> String {
        match self {
            Self::Sound => "All promises hold here.".to_owned(),
            Self::Reduced(1) => "1 promise holds only in part here.".to_owned(),
            Self::Reduced(number) => format!("{} hold only in part here.", count(number, "promise")),
            Self::Unusable => "Results cannot be kept well here.".to_owned(),
        }
    }
}

/// Prints the promises and what they come to.
pub(super) fn print(session: &mut Session, promises: &[Promise], verdict: Verdict) -> Result<(), Failure> {
    let mut table = table::new(&["PROMISE", "HOLDS", "WHY"]);
    for promise in promises {
        table.add_row([promise.words, word(promise.standing), &promise.reason]);
    }
    table::print(session, table)?;
    session.print("")?;
    session.print(verdict.words())
}

/// The promise as JSON.
pub(super) fn object(promise: &Promise) -> Value {
    let Promise { name, words, standing, reason } = promise;
    json!({ "name": name, "promise": words, "holds": standing_name(*standing), "reason": reason })
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::NotApplicable => "-",
        Standing::Holds => "yes",
        Standing::Reduced => "in part",
        Standing::Broken => "no",
    }
}

/// One word, for programs.
fn standing_name(standing: Standing) -> &'static str {
    match standing {
        Standing::NotApplicable => "not_applicable",
        Standing::Holds => "yes",
        Standing::Reduced => "in_part",
        Standing::Broken => "no",
    }
}
