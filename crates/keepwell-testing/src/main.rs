//! `keepwell-simulate A..B` plays the stories of these seeds, each twice; `keepwell-simulate N` plays one and prints what happens.
//!
//! Words after that leave something out: `in-time` writes that come late, `single` commits of several records.

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::process::ExitCode;
use std::time::Instant;

use keepwell_testing::simulation::{Options, simulate};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Some(seeds), words) = (arguments.first(), arguments.get(1..).unwrap_or_default()) else {
        println!("usage: keepwell-simulate SEED|FIRST..END [in-time] [single]");
        return ExitCode::FAILURE;
    };
    let options = Options {
        keeps_trace: false,
        late_writes: !words.iter().any(|word| word == "in-time"),
        several_records: !words.iter().any(|word| word == "single"),
    };
    let range = seeds.split_once("..").map(|(first, end)| (number(first), number(end)));
    let is_well = match range {
        Some((first, end)) => several(first, end, &options),
        None => one(number(seeds), options),
    };
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn number(text: &str) -> u64 {
    text.parse().expect("a seed is a number")
}

fn one(seed: u64, options: Options) -> bool {
    let outcome = simulate(seed, &Options { keeps_trace: true, ..options });
    println!("{}", outcome.trace.unwrap_or_default());
    outcome.violations.iter().for_each(|violation| println!("seed {seed}: {violation}"));
    outcome.violations.is_empty()
}

fn several(first: u64, end: u64, options: &Options) -> bool {
    let (began, mut steps, mut values, mut bad) = (Instant::now(), 0, 0, 0);
    for seed in first..end {
        let (outcome, again) = (simulate(seed, options), simulate(seed, options));
        if again.digest != outcome.digest {
            println!("seed {seed}: it is not the same when it is played again");
        }
        if let Some(violation) = outcome.violations.first() {
            println!("seed {seed}: {violation}");
        }
        steps += outcome.steps;
        values += outcome.values;
        bad += u64::from(again.digest != outcome.digest || !outcome.violations.is_empty());
    }
    let seeds = end.saturating_sub(first);
    println!("{seeds} seeds twice, {steps} steps, {values} values, {bad} violations, {:.1?}", began.elapsed());
    bad == 0
}
