//! How much memory this process has.

use std::fs;

/// The resident size in KiB (`/proc/self/statm`, proc(5)), or 0 where the system does not say.
pub fn resident_kib() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()));
    pages.unwrap_or_default() * 4
}
