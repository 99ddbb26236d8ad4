//! Shows that each scenario would catch what it is there to catch: with a mistake planted in the workers it must fail.

use std::time::Instant;

use crate::failure::{Checked, Failure};
use crate::scenario::{self, Order, Verdict};
use crate::watch;

/// A mistake and the scenario that must catch it.
struct Planted {
    mistake: &'static str,
    scenario: &'static str,
    /// Within how many rounds.
    rounds: u64,
}

const PLANTED: &[Planted] = &[Planted { mistake: "write-in-place", scenario: "kill-writers", rounds: 2000 }];

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
    let order = Order { rounds: planted.rounds, mistake: Some(planted.mistake.to_owned()), ..Order::of_gate(scenario) };
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
