//! The rules of the documents: short enough to be read, and no test is named that there is not.

use std::collections::BTreeSet;

use crate::tree::Tree;

const README: &str = "README.md";
const LONGEST_README: usize = 150;
/// The document that names a test for what it claims.
const WITH_TESTS: &str = "COMPATIBILITY.md";
/// A test's name is a sentence, so it has at least this many underscores; names of anything else have fewer.
const UNDERSCORES: usize = 3;

/// The rules of the documents that are broken.
pub(crate) fn breaches(tree: &Tree) -> Vec<String> {
    let functions: BTreeSet<&String> = tree.sources.iter().flat_map(|source| &source.function_names).collect();
    let mut breaches = Vec::new();
    for (name, text) in &tree.documents {
        let lines = text.lines().count();
        if name == README && lines > LONGEST_README {
            breaches.push(format!("{name}: has {lines} lines, over {LONGEST_README}"));
        }
        if name == WITH_TESTS {
            let unknown = named_tests(text).filter(|test| !functions.contains(&(*test).to_owned()));
            breaches.extend(unknown.map(|test| format!("{name}: names a test that there is not: {test}")));
        }
    }
    breaches
}

/// What stands between backquotes and is named as a test is.
fn named_tests(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).filter(|word| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
            && word.bytes().filter(|byte| *byte == b'_').count() >= UNDERSCORES
    })
}
