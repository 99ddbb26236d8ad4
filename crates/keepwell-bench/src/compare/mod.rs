//! The comparisons, one file for each question.

mod hits;
mod keys;
mod misses;
mod resident;
mod transactions;

use keepwell::settings::{Overrides, with_overrides};
use keepwell_bench::contest::Score;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Every comparison, in a folder of its own on the file system of the current folder.
pub(crate) fn all() -> Outcome {
    let folder = tempfile::tempdir_in(std::env::current_dir()?)?;
    hits::memory(folder.path())?;
    hits::folder(folder.path())?;
    misses::ordered(folder.path())?;
    transactions::serializable(folder.path())?;
    transactions::together(folder.path())?;
    keys::numbers()?;
    resident::flat(folder.path())
}

fn table(title: &str, scores: &[Score]) {
    println!("\n### {title}\n\n| what | median | keepwell / this |\n|---|---|---|");
    for score in scores {
        println!("{score}");
    }
}

/// Runs `body` with results kept in a folder of this name, and the memory layer on or off.
fn in_folder(parent: &std::path::Path, name: &str, memory: bool, body: impl FnOnce() -> Outcome) -> Outcome {
    let path = parent.join(name);
    let overrides = Overrides::new()
        .set("results.local_storage_path", path.to_string_lossy())?
        .set("results.memory_limit", if memory { "256 MiB" } else { "0" })?;
    with_overrides(&overrides, body)?
}
