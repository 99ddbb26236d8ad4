//! Every scenario again and again, with new seeds, until the time is over.

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{Checked, Failure};
use crate::figures::Figures;
use crate::scenario::{self, Order, Scenario, Verdict};
use crate::watch;

/// What came of a scenario so far.
#[derive(Default)]
struct Standing {
    figures: Figures,
    seeds: u64,
    time: Duration,
    end: Option<End>,
}

enum End {
    NotPossible(String),
    Failed(Failure),
}

/// Runs every scenario for its share of the time, thoroughly, and prints running figures and a table at the end.
///
/// The scenario that has had the least time so far is the next one; a failed one is not run again.
pub(crate) fn run(time: Duration) -> Checked<()> {
    let begun = Instant::now();
    let standings: Vec<_> = scenario::all().iter().map(|scenario| (*scenario, Standing::default(), false)).collect();
    let standings = Mutex::new(standings);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| while begun.elapsed() < time && run_next(&standings) {});
        }
    });
    print_table(&standings.into_inner().expect("nobody panics with it"), begun.elapsed())
}

type Standings = Vec<(&'static Scenario, Standing, bool)>;

/// Runs the scenario whose turn it is; says whether there was one.
fn run_next(standings: &Mutex<Standings>) -> bool {
    let Some((index, scenario, seed)) = choose(standings) else { return false };
    let order = Order { seed, is_thorough: true, ..Order::of_gate(scenario) };
    let begun = Instant::now();
    let verdict = (scenario.run)(&order);
    watch::done();
    let mut standings = standings.lock().expect("nobody panics with it");
    let (_, standing, is_running) = &mut standings[index];
    *is_running = false;
    standing.time += begun.elapsed();
    standing.seeds += 1;
    match verdict {
        Ok(Verdict::Passed(figures)) => standing.figures.take_in(&figures),
        Ok(Verdict::NotPossible(why)) => standing.end = Some(End::NotPossible(why)),
        Err(failure) => {
            standing.end = Some(End::Failed(failure.with_replay(order.replay(scenario, order.rounds, seed))));
        }
    }
    print_line(scenario, standing);
    true
}

fn choose(standings: &Mutex<Standings>) -> Option<(usize, &'static Scenario, u64)> {
    let mut standings = standings.lock().expect("nobody panics with it");
    let waiting = standings
        .iter_mut()
        .enumerate()
        .filter(|(_, (_, standing, is_running))| standing.end.is_none() && !*is_running);
    let (index, (scenario, standing, is_running)) = waiting.min_by_key(|(_, (_, standing, _))| standing.time)?;
    *is_running = true;
    // Far from the seeds of the gate, and from those of the time before: a run uses a few in a row.
    Some((index, scenario, 1_000_000 + standing.seeds * 10_000))
}

#[expect(clippy::print_stdout, reason = "a program that prints")]
fn print_line(scenario: &Scenario, standing: &Standing) {
    let (word, text) = match &standing.end {
        None => ("ok", standing.figures.to_string()),
        Some(End::NotPossible(why)) => ("-", format!("not possible here: {why}")),
        Some(End::Failed(failure)) => ("FAIL", failure.to_string()),
    };
    println!("{word:<4} {:>6} s  {:<19} {text}", standing.time.as_secs(), scenario.name);
}

#[expect(clippy::print_stdout, reason = "a program that prints")]
fn print_table(standings: &Standings, taken: Duration) -> Checked<()> {
    println!("\nafter {} minutes:", taken.as_secs() / 60);
    standings.iter().for_each(|(scenario, standing, _)| print_line(scenario, standing));
    let failed = standings.iter().filter(|(_, standing, _)| matches!(standing.end, Some(End::Failed(_)))).count();
    println!("{} passed, {failed} failed", standings.len() - failed);
    if failed == 0 { Ok(()) } else { Err(Failure::new(format!("{failed} scenarios failed"))) }
}
