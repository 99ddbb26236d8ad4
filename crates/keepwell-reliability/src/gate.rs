//! Every scenario once, with as many side by side as the machine has cores.

use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use crate::failure::{Checked, Failure};
use crate::scenario::{self, Order, Scenario, Verdict};
use crate::watch;

/// Runs the gate's column of the table and says what came of each scenario.
#[expect(clippy::print_stdout, reason = "a program that prints")]
pub(crate) fn run() -> Checked<()> {
    let queue = Mutex::new(scenario::all().iter().filter(|scenario| scenario.gate_rounds > 0));
    let outcomes = Mutex::new(Vec::new());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(scenario) = take(&queue) {
                    let outcome = report(scenario, &Order::of_gate(scenario));
                    outcomes.lock().expect("nobody panics with it").push(outcome);
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().expect("nobody panics with it");
    let count = |wanted| outcomes.iter().filter(|outcome| **outcome == wanted).count();
    let (passed, failed, impossible) = (count(Outcome::Passed), count(Outcome::Failed), count(Outcome::NotPossible));
    let rest = if impossible == 0 { String::new() } else { format!(", {impossible} not possible here") };
    println!("{passed} passed, {failed} failed{rest}");
    if failed == 0 { Ok(()) } else { Err(Failure::new(format!("{failed} scenarios failed"))) }
}

/// Runs one scenario and says what came of it.
pub(crate) fn run_one(scenario: &'static Scenario, order: &Order) -> Checked<()> {
    match report(scenario, order) {
        Outcome::Passed | Outcome::NotPossible => Ok(()),
        Outcome::Failed => Err(Failure::new(format!("{} failed", scenario.name))),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    NotPossible,
}

fn take<'a>(queue: &Mutex<impl Iterator<Item = &'a &'static Scenario>>) -> Option<&'static Scenario> {
    queue.lock().expect("nobody panics with it").next().copied()
}

#[expect(clippy::print_stdout, reason = "a program that prints")]
fn report(scenario: &'static Scenario, order: &Order) -> Outcome {
    let begun = Instant::now();
    let verdict = (scenario.run)(order);
    watch::done();
    let seconds = begun.elapsed().as_secs();
    let (outcome, word, text) = match verdict {
        Ok(Verdict::Passed(figures)) => (Outcome::Passed, "ok", figures.to_string()),
        Ok(Verdict::NotPossible(why)) => (Outcome::NotPossible, "-", format!("not possible here: {why}")),
        Err(failure) => {
            let failure = failure.with_replay(order.replay(scenario, order.rounds, order.seed));
            (Outcome::Failed, "FAIL", failure.to_string())
        }
    };
    println!("{word:<4} {seconds:>5} s  {:<19} {text}", scenario.name);
    outcome
}
