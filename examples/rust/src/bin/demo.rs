//! The demonstration: runs the weather pipeline twice, each time as a new process, lists what was kept, and compares.
//!
//! `demo FILE [RESAMPLES]` fails if anything ran the second time. It starts `weather` and `keepwell`, which `make demo` builds
//! beside it.

use std::env;
use std::error::Error;
use std::io::{self, BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn Error>> {
    println!("first run: nothing is kept yet");
    let (_, first) = run_weather()?;
    println!("\nsecond run, in a new process");
    let (output, second) = run_weather()?;
    println!("\nwhat is kept: keepwell cache ls");
    program("keepwell")?.args(["cache", "ls"]).status()?;
    println!("\nthe second run took 1/{:.0} of the first", first.as_secs_f64() / second.as_secs_f64());
    let ran: Vec<&str> = output.lines().filter(|line| line.contains("Completed()")).collect();
    if ran.is_empty() { Ok(()) } else { Err(format!("ran again: {ran:?}").into()) }
}

/// Runs the pipeline with this program's arguments, shows what it prints, and gives it back with the time it took.
fn run_weather() -> Result<(String, Duration), Box<dyn Error>> {
    let started = Instant::now();
    let mut process = program("weather")?.args(env::args().skip(1)).stdout(Stdio::piped()).spawn()?;
    let mut text = String::new();
    for line in BufReader::new(process.stdout.take().ok_or("its output is piped")?).lines() {
        let line = line?;
        println!("{line}");
        text.push_str(&line);
        text.push('\n');
    }
    let succeeded = process.wait()?.success();
    if succeeded { Ok((text, started.elapsed())) } else { Err("the pipeline failed".into()) }
}

/// The program of this name beside this one.
fn program(name: &str) -> io::Result<Command> {
    Ok(Command::new(env::current_exe()?.with_file_name(format!("{name}{}", env::consts::EXE_SUFFIX))))
}
