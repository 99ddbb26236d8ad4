//! Stories of several processes on a simulated machine, each played twice from its seed.

use std::ops::Range;
use std::process::Stdio;

use keepwell_testing::simulation::{Options, Outcome, simulate};

use super::{Order, Scenario, Verdict};
use crate::failure::{Checked, Failure, demand};
use crate::figures::Figures;
use crate::{watch, worker};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "simulated-seeds",
    about: "plays each seed's story twice on a simulated machine: processes, crashes, stops, storage faults, time",
    gate_rounds: 5_000,
    run,
    work,
};

/// How many seeds a process plays: one that stops for ever in a story is not all taken apart.
const SEEDS_A_PROCESS: u64 = 2_500;

fn run(order: &Order) -> Checked<Verdict> {
    let mut figures = Figures::default();
    let end = order.seed + order.rounds;
    let mut first = order.seed;
    while first < end {
        let next = end.min(first + SEEDS_A_PROCESS);
        watch::step(format!("seeds {first} to {next}"));
        let played = play_in_a_process(first, next, order)?;
        figures.add("seeds, each twice", next - first);
        figures.add("steps", played[0]);
        figures.add("values", played[1]);
        first = next;
    }
    Ok(Verdict::Passed(figures))
}

/// The steps and values of the stories of these seeds.
fn play_in_a_process(first: u64, end: u64, order: &Order) -> Checked<[u64; 2]> {
    let mut command = worker::command(SCENARIO.name, order.mistake.as_deref())?;
    let output = command.args([first, end].map(|seed| seed.to_string())).stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    demand(output.status.success(), || text.trim().to_owned())?;
    let numbers: Vec<u64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    <[u64; 2]>::try_from(numbers).map_err(|_| Failure::new(format!("a worker said {text:?}")))
}

fn work(arguments: &[String]) -> Checked<()> {
    let [first, end] = arguments else { return Err(Failure::new("two seeds are wanted")) };
    let number = |text: &String| text.parse().map_err(|_| Failure::new(format!("`{text}` is no seed")));
    let seeds: Range<u64> = number(first)?..number(end)?;
    let keeps_trace = seeds.end - seeds.start == 1;
    let (mut steps, mut values) = (0, 0);
    for seed in seeds {
        let outcome = play_twice(seed, keeps_trace)?;
        steps += outcome.steps;
        values += outcome.values as u64;
    }
    worker::say(&format!("{steps} {values}"))
}

/// Plays the story of a seed twice. A single one is told to whoever looks.
fn play_twice(seed: u64, keeps_trace: bool) -> Checked<Outcome> {
    let options = Options { keeps_trace, late_writes: true, several_records: true };
    let (outcome, again) = (simulate(seed, &options), simulate(seed, &options));
    tell(outcome.trace.as_deref().unwrap_or_default());
    let violation = if again.digest == outcome.digest {
        outcome.violations.first().map(String::as_str)
    } else {
        Some("it is another story the second time")
    };
    match violation {
        None => Ok(outcome),
        Some(violation) => {
            worker::say(&format!(
                "{violation}; the story: keepwell-reliability run simulated-seeds --rounds 1 --seed {seed}"
            ))?;
            Err(Failure::new(format!("seed {seed}")))
        }
    }
}

#[expect(clippy::print_stderr, reason = "a program that prints")]
fn tell(trace: &str) {
    eprint!("{trace}");
}
