//! The scenarios in `parity/*.toml` at the root of the repository, which every front end must pass.
//!
//! `parity/README.md` says how they are written. `scenario` reads them, `world` performs their steps, `definition` and
//! `call` make what they call, `expectation` compares what came of it.

mod call;
mod damage;
mod definition;
mod expectation;
mod log;
mod policy;
mod returned;
mod scenario;
mod step;
mod toml;
mod transaction;
mod world;

use std::collections::BTreeSet;
use std::path::Path;

use scenario::Scenario;
use world::World;

macro_rules! files {
    ($($file:ident),* $(,)?) => {
        const FILES: &[&str] = &[$(stringify!($file)),*];

        $(
            #[test]
            fn $file() {
                play(stringify!($file));
            }
        )*
    };
}

files![damage, expiry, keys, locks, persistence, policies, refresh, retries, settings, storages, transactions, values];

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../parity"))
}

/// Plays every scenario of a file, and says what went otherwise in all of them.
fn play(file: &str) {
    let scenarios = scenario::read(&folder().join(file).with_extension("toml"));
    assert!(!scenarios.is_empty(), "{file} has no scenario");
    let complaints: Vec<String> = scenarios.into_iter().flat_map(complaints).collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

fn complaints(scenario: Scenario) -> Vec<String> {
    let name = scenario.name.clone();
    World::play(scenario).into_iter().map(|complaint| format!("{name}: {complaint}")).collect()
}

#[test]
fn every_file_of_scenarios_is_played() {
    let there: BTreeSet<String> = folder()
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(there, FILES.iter().map(|&file| file.to_owned()).collect());
}
