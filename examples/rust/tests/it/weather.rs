//! The pipeline of the demonstration, and the data that it reads.

use std::fs;
use std::path::{Path, PathBuf};

use crate::fixture::{Home, Run, program};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/weather.csv")
}

/// The states that the pipeline printed, one for each step.
fn states(run: &Run) -> Vec<&str> {
    run.printed
        .iter()
        .filter_map(|line| ["Completed()", "Cached("].into_iter().find(|state| line.contains(state)))
        .collect()
}

/// The pipeline over the first lines of the data, which is enough of it.
fn run(home: &Home, lines: usize, change: impl Fn(String) -> String) -> Run {
    let text: Vec<String> = fs::read_to_string(data()).unwrap().lines().take(lines).map(str::to_owned).collect();
    let file = home.path().join("data.csv");
    fs::write(&file, change(text.join("\n"))).unwrap();
    home.run(program!("weather"), &[file.to_str().unwrap(), "20"])
}

#[test]
fn the_second_run_of_the_pipeline_is_cached_throughout() {
    let home = Home::new();
    assert_eq!(states(&run(&home, 2000, |text| text)), ["Completed()"; 4]);
    assert_eq!(states(&run(&home, 2000, |text| text)), ["Cached("; 4]);
}

#[test]
fn a_change_that_is_cleaned_away_does_not_reach_the_slow_step() {
    let home = Home::new();
    run(&home, 2000, |text| text);
    let with_noise = run(&home, 2000, |text| text + "\nALMERIA,2025-03-01T00:00:00,-999.0,C,50");
    assert_eq!(states(&with_noise), ["Completed()", "Completed()", "Cached(", "Cached("]);
}

#[test]
fn the_data_is_what_its_generator_writes() {
    let run = Home::new().run(program!("generate_weather"), &[]);
    assert_eq!(run.printed.join("\n") + "\n", fs::read_to_string(data()).unwrap());
}
