//! Whether hits leave memory behind.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use keepwell_bench::memory::resident_kib;
use keepwell_bench::tasks::greeting;

use super::{Outcome, in_folder};

/// The resident size before and after 1,000,000 hits.
pub(super) fn flat(parent: &Path) -> Outcome {
    in_folder(parent, "resident", true, || {
        greeting("Ada".to_owned());
        sleep(Duration::from_millis(50));
        for _ in 0..10_000 {
            greeting("Ada".to_owned());
        }
        let before = resident_kib();
        for _ in 0..1_000_000 {
            greeting("Ada".to_owned());
        }
        let after = resident_kib();
        println!("\n### Resident size over 1,000,000 hits\n\nbefore {before} KiB, after {after} KiB");
        Ok(())
    })
}
