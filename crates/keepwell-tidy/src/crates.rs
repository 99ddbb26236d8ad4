//! Which crate of ours may use which: the rules that give each crate its reason to exist.

use crate::tree::Manifest;

/// Every crate of ours, and those of ours that it may be built with. Tests may use any but the benchmarks.
const ALLOWED: &[(&str, &[&str])] = &[
    ("keepwell-core", &[]),
    ("keepwell-macros", &[]),
    ("keepwell-redis", &["keepwell-core"]),
    ("keepwell", &["keepwell-core", "keepwell-macros", "keepwell-redis"]),
    ("keepwell-cli", &["keepwell-core", "keepwell-redis"]),
    ("keepwell-python", &["keepwell-core", "keepwell-cli", "keepwell-redis", "keepwell-testing"]),
    ("keepwell-testing", &["keepwell-core"]),
    ("keepwell-tidy", &[]),
    ("keepwell-examples", &["keepwell"]),
    ("keepwell-fuzz", &["keepwell-core"]),
    ("keepwell-bench", &["keepwell", "keepwell-core", "keepwell-redis", "keepwell-testing"]),
    ("keepwell-reliability", &["keepwell", "keepwell-core", "keepwell-redis", "keepwell-testing"]),
];

const BENCHMARKS: &str = "keepwell-bench";

/// The dependencies between our crates that are forbidden.
pub(crate) fn breaches(manifests: &[Manifest]) -> Vec<String> {
    manifests.iter().flat_map(breaches_of).collect()
}

fn breaches_of(manifest: &Manifest) -> Vec<String> {
    let name = &manifest.name;
    let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| known == name) else {
        return vec![format!("{name}: say in keepwell-tidy which crates of ours it may use")];
    };
    let built_with = manifest.dependencies.iter().filter(|other| is_ours(other) && !allowed.contains(&other.as_str()));
    let tested_with = manifest.dev_dependencies.iter().filter(|other| *other == BENCHMARKS);
    built_with.chain(tested_with).map(|other| format!("{name}: may not depend on {other}")).collect()
}

fn is_ours(name: &str) -> bool {
    name == "keepwell" || name.starts_with("keepwell-")
}
