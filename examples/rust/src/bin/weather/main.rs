//! A pipeline over a year of measurements: parse, clean, average by day, fit a season to each station.
//!
//! `weather FILE [RESAMPLES]` prints each task's state and time. Run it again and every task is `Cached`; change a line of
//! the file and what depends on it runs.

mod clean;
mod daily;
mod parse;
mod season;

use std::error::Error;
use std::time::Instant;

use keepwell::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: weather FILE [RESAMPLES]")?;
    let resamples = arguments.next().map_or(Ok(30_000), |text| text.parse())?;
    weather(std::fs::read_to_string(path)?, resamples)?;
    Ok(())
}

#[flow]
fn weather(text: String, resamples: u32) -> Result<(), keepwell::Error> {
    let started = Instant::now();
    let parsed = step("parse", || parse::parse::bind(text).state())?;
    let readings = step("clean", || clean::clean::bind(parsed).state())?;
    let days = step("daily means", || daily::daily_means::bind(readings).state())?;
    for station in days {
        let name = format!("season of {}", station.name);
        let season = step(&name, || season::fit_season::bind(station, resamples).state())?;
        println!("      {season}");
    }
    println!("total {:.3} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Runs one task, and prints its state and time.
fn step<R>(name: &str, task: impl FnOnce() -> keepwell::task::RunState<R>) -> Result<R, keepwell::Error> {
    let started = Instant::now();
    let state = task();
    println!("  {name:<20} {:<24} {:>9.3} ms", state.to_string(), started.elapsed().as_secs_f64() * 1000.0);
    state.result()
}
