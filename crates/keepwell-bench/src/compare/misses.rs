//! Misses: what keeping a result costs.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use keepwell_bench::contest::{Contestant, contest};
use keepwell_bench::tasks::kilobyte;

use super::{Outcome, in_folder, table};

/// A miss with `ordered` durability beside a bare temporary file, `fdatasync` and rename of the same bytes.
pub(super) fn ordered(parent: &Path) -> Outcome {
    let by_hand = parent.join("by-hand");
    fs::create_dir(&by_hand)?;
    let (mut seed, mut number) = (0, 0);
    in_folder(parent, "misses", false, || {
        let value = kilobyte(u64::MAX);
        let scores = contest(
            60,
            &mut [
                Contestant::new("keepwell, a miss with `ordered` durability", || {
                    seed += 1;
                    kilobyte(seed);
                }),
                Contestant::new("a bare temporary file, fdatasync, rename", || {
                    number += 1;
                    write_bare(&by_hand, number, &value).expect("the folder is writable");
                }),
            ],
        );
        table("A miss", &scores);
        Ok(())
    })
}

fn write_bare(folder: &Path, number: u64, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = folder.join("temporary");
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    fs::rename(&temporary, folder.join(number.to_string()))
}
