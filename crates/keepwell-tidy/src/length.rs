//! The rules of length, for files and functions.

use crate::tree::Tree;

/// No file has more lines of code than this.
pub(crate) const LONGEST_FILE: usize = 600;
/// At least [`LONG_FILES_SHARE`] of the files have no more lines of code than this.
pub(crate) const LONG_FILE: usize = 400;
const LONG_FILES_SHARE: f64 = 0.95;
/// At least [`LONG_FUNCTIONS_SHARE`] of the functions have no more lines of code than this.
pub(crate) const LONG_FUNCTION: usize = 60;
const LONG_FUNCTIONS_SHARE: f64 = 0.97;

/// The rules of length that are broken.
pub(crate) fn breaches(tree: &Tree) -> Vec<String> {
    let mut breaches: Vec<String> = tree
        .sources
        .iter()
        .filter(|source| source.code_lines > LONGEST_FILE)
        .map(|source| {
            format!("{}: has {} lines of code, over {LONGEST_FILE}", source.path.display(), source.code_lines)
        })
        .collect();
    let files = tree.sources.iter().map(|source| source.code_lines);
    breaches.extend(too_many("files", files, LONG_FILE, LONG_FILES_SHARE));
    let functions = tree.sources.iter().flat_map(|source| &source.functions).map(|function| function.code_lines);
    breaches.extend(too_many("functions", functions, LONG_FUNCTION, LONG_FUNCTIONS_SHARE));
    breaches
}

fn too_many(what: &str, lengths: impl Iterator<Item = usize>, limit: usize, share: f64) -> Option<String> {
    let lengths: Vec<usize> = lengths.collect();
    let within = share_within(&lengths, limit);
    (within < share).then(|| {
        format!("{what}: {:.1} % have at most {limit} lines of code, under {:.0} %", within * 100.0, share * 100.0)
    })
}

/// Which share of `lengths` is at most `limit`; all of none.
pub(crate) fn share_within(lengths: &[usize], limit: usize) -> f64 {
    let within = lengths.iter().filter(|length| **length <= limit).count();
    if lengths.is_empty() { 1.0 } else { within as f64 / lengths.len() as f64 }
}
