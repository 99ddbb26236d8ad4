//! The rules of the tree: where things are, how files open and what they are called.

use std::collections::BTreeSet;
use std::path::Path;

use crate::source::Source;
use crate::tree::Tree;
use crate::{crates, documents, length};

/// Names that say nothing of what is inside.
const EMPTY_NAMES: &[&str] = &["util", "utils", "utilities", "helper", "helpers", "common", "misc"];

/// A folder that is called so in the interface that keepwell has taken over.
const GIVEN_NAME: &str = "python/keepwell/utilities";

/// `lib.rs` files with functions: the compiler wants the attributes of a macro crate there.
const WITH_FUNCTIONS: &[&str] = &["crates/keepwell-macros/src/lib.rs"];

/// Every rule that is broken, as one line each that begins with the file. Empty for a tidy tree.
pub fn breaches(tree: &Tree) -> Vec<String> {
    let mut breaches: Vec<String> = tree.sources.iter().flat_map(breaches_of).collect();
    breaches.extend(folders_without_mod(tree));
    breaches.extend(length::breaches(tree));
    breaches.extend(crates::breaches(&tree.manifests));
    breaches.extend(documents::breaches(tree));
    breaches
}

fn breaches_of(source: &Source) -> Vec<String> {
    let opening = if source.is_rust() { "does not open with `//!`" } else { "does not open with a docstring" };
    let rules = [
        (!source.opens_with_documentation, opening),
        (source.has_unfinished_work, "has a note of unfinished work"),
        (has_empty_name(source), "has a name that says nothing of what is inside"),
        (has_functions_in_lib(source), "has a function body; lib.rs holds documentation and re-exports"),
        (
            source.is_rust() && is_second_test_binary(&source.path),
            "is an integration test of its own; move it into tests/it",
        ),
    ];
    let path = source.path.display();
    rules.into_iter().filter(|(broken, _)| *broken).map(|(_, words)| format!("{path}: {words}")).collect()
}

fn has_empty_name(source: &Source) -> bool {
    let path = source.path.strip_prefix(GIVEN_NAME).unwrap_or(&source.path);
    let of_path = path.iter().filter_map(|name| Path::new(name).file_stem()?.to_str());
    of_path
        .chain(source.modules.iter().map(String::as_str))
        .any(|name| EMPTY_NAMES.contains(&name) || name.rsplit_once("_v").is_some_and(|(_, number)| is_number(number)))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn has_functions_in_lib(source: &Source) -> bool {
    source.file_name() == "lib.rs"
        && !source.functions.is_empty()
        && !WITH_FUNCTIONS.iter().any(|path| source.path == Path::new(path))
}

/// One integration-test binary per crate links once, many link many times.
fn is_second_test_binary(path: &Path) -> bool {
    path.parent().is_some_and(|folder| folder.file_name().is_some_and(|name| name == "tests"))
        && !path.iter().any(|name| name == "src")
}

/// Folders of modules without a `mod.rs` that says what they are for.
fn folders_without_mod(tree: &Tree) -> Vec<String> {
    let rust = || tree.sources.iter().filter(|source| source.is_rust());
    let with_mod: BTreeSet<&Path> =
        rust().filter(|source| is_root(source.file_name())).filter_map(|source| source.path.parent()).collect();
    let all: BTreeSet<&Path> = rust().filter_map(|source| source.path.parent()).collect();
    all.into_iter()
        .filter(|folder| !with_mod.contains(folder) && !holds_programs(folder))
        .map(|folder| format!("{}: is a folder of modules without a mod.rs", folder.display()))
        .collect()
}

fn is_root(file_name: &str) -> bool {
    ["mod.rs", "lib.rs", "main.rs"].contains(&file_name)
}

/// Folders whose files are programs, not modules.
fn holds_programs(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| ["bin", "benches", "fuzz_targets"].iter().any(|known| name == *known))
}
