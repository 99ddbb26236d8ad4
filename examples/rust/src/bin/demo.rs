//! The demonstration: runs the weather pipeline twice, each time as a new process, and compares.
//!
//! `demo FILE [RESAMPLES]` fails if anything ran the second time.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, io};

fn main() -> Result<(), Box<dyn Error>> {
    println!("first run: nothing is kept yet");
    let (_, first) = run_weather()?;
    println!("\nsecond run, in a new process");
    let (output, second) = run_weather()?;
    println!("\nwhere the results are");
    list_results()?;
    println!("\nthe second run took 1/{:.0} of the first", first.as_secs_f64() / second.as_secs_f64());
    let ran: Vec<&str> = output.lines().filter(|line| line.contains("Completed()")).collect();
    if ran.is_empty() { Ok(()) } else { Err(format!("ran again: {ran:?}").into()) }
}

/// Runs the pipeline with this program's arguments, shows what it prints, and gives it back with the time it took.
fn run_weather() -> Result<(String, Duration), Box<dyn Error>> {
    let program = env::current_exe()?.with_file_name(format!("weather{}", env::consts::EXE_SUFFIX));
    let started = Instant::now();
    let mut process = Command::new(program).args(env::args().skip(1)).stdout(Stdio::piped()).spawn()?;
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

/// Lists the files of the store: one for each key, and one for each payload that is too large for it.
fn list_results() -> io::Result<()> {
    let storage = keepwell::settings::current().results.local_storage_path.clone();
    println!("  {}", storage.display());
    let mut folders = vec![storage.clone(), storage.join(".keepwell/blobs")];
    let mut files: Vec<(PathBuf, u64)> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (path, metadata) = (entry.path(), entry.metadata()?);
            if metadata.is_file() {
                files.push((path, metadata.len()));
            } else if !path.ends_with(".keepwell") {
                folders.push(path);
            }
        }
    }
    files.sort();
    for (path, size) in files {
        println!("  {size:>9}  {}", path.strip_prefix(&storage).unwrap_or(&path).display());
    }
    Ok(())
}
