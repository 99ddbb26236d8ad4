//! Shows that each scenario would catch what it is there to catch: with a mistake planted in the workers it must fail.

use std::time::Instant;

use crate::failure::{Checked, Failure};
use crate::scenario::{self, Order, Verdict};
use crate::watch;

/// A mistake and the scenario that must catch it.
struct Planted {
    mistake: &'static str,
    scenario: &'static str,
    /// The only case in which it shows, of a scenario that has several.
    case: Option<&'static str>,
    /// Within how many rounds.
    rounds: u64,
}

const PLANTED: &[Planted] = &[
    planted("write-in-place", "kill-writers", None, 2000),
    planted("commit-without-decision", "simulated-seeds", None, 500),
    planted("commit-ignores-claim", "simulated-seeds", None, 500),
    planted("claim-ignores-intent", "simulated-seeds", None, 500),
    planted("commit-without-decision", "kill-writers", None, 200),
    planted("writer-ignores-intent", "kill-writers", None, 4000),
    planted("commit-without-decision", "system-calls", Some("commit-of-2"), 1),
    planted("writer-ignores-intent", "system-calls", Some("commit-committed"), 1),
    planted("temporary-file-kept", "system-call-errors", Some("create"), 1),
    planted("descriptor-kept", "system-call-errors", Some("create"), 1),
    planted("panic-on-error", "system-call-errors", Some("create"), 1),
    planted("content-not-flushed", "power-cut", None, 300),
    planted("entries-not-flushed", "power-cut", None, 300),
    planted("swap-without-comparing", "bank", Some("none"), 200),
    planted("commit-ignores-claim", "bank", Some("none"), 200),
    planted("commit-without-decision", "bank", Some("file-system"), 200),
    planted("links-followed", "hostile-folder", Some("LinkToFile@record-0"), 1),
    planted("each-file-flushed", "sync-barriers", None, 1),
    planted("lock-granted-unseen", "lock-contention", Some("memory"), 600),
    planted("lock-granted-unseen", "lock-contention", Some("folder"), 600),
    planted("lock-taken-at-once", "lock-contention", Some("storage"), 600),
    planted("lock-granted-unseen", "lock-contention", Some("redis"), 600),
    planted("release-not-told", "lock-contention", Some("redis"), 600),
    planted("lock-granted-unseen", "holder-killed", Some("folder"), 20),
    planted("lease-not-renewed", "holder-killed", Some("storage"), 50),
    planted("lease-not-renewed", "holder-killed", Some("redis"), 50),
    planted("commit-ignores-claim", "holder-stopped", Some("storage"), 200),
    planted("commit-ignores-claim", "holder-stopped", Some("redis"), 200),
    planted("lease-never-lost", "holder-stopped", Some("redis"), 50),
    planted("lock-of-others-removed", "holder-stopped", Some("storage"), 100),
    planted("commit-ignores-claim", "task-stopped", None, 100),
    planted("commit-ignores-claim", "redis-chaos", None, 150),
];

const fn planted(mistake: &'static str, scenario: &'static str, case: Option<&'static str>, rounds: u64) -> Planted {
    Planted { mistake, scenario, case, rounds }
}

/// Runs every scenario with the mistakes that it must catch.
#[expect(clippy::print_stdout, reason = "a program that prints")]
pub(crate) fn run() -> Checked<()> {
    if !cfg!(feature = "planted-mistakes") {
        return Err(Failure::new("this program is built without the feature `planted-mistakes`"));
    }
    let missed = PLANTED.iter().filter(|planted| !is_caught(planted)).count();
    println!("{} mistakes caught, {missed} missed", PLANTED.len() - missed);
    if missed == 0 { Ok(()) } else { Err(Failure::new(format!("{missed} planted mistakes were not caught"))) }
}

#[expect(clippy::print_stdout, reason = "a program that prints")]
fn is_caught(planted: &Planted) -> bool {
    let scenario = scenario::named(planted.scenario).expect("the list names scenarios that there are");
    let (case, mistake) = (planted.case.map(str::to_owned), Some(planted.mistake.to_owned()));
    let order = Order { rounds: planted.rounds, case, mistake, ..Order::of_gate(scenario) };
    let begun = Instant::now();
    let verdict = (scenario.run)(&order);
    watch::done();
    let (is_caught, text) = match verdict {
        Ok(Verdict::Passed(figures)) => (false, format!("MISSED: {figures}")),
        Ok(Verdict::NotPossible(why)) => (true, format!("not possible here: {why}")),
        Err(failure) => (true, failure.to_string().lines().next().unwrap_or_default().to_owned()),
    };
    println!("{:>5} s  {:<24} {:<19} {text}", begun.elapsed().as_secs(), planted.mistake, planted.scenario);
    is_caught
}
