//! Each rule on a small tree that breaks it, and on one that breaks none.

use std::fmt::Write;
use std::fs;

use keepwell_tidy::{Measures, Tree, breaches};

/// The breaches of a tree with these files.
fn breaches_of(files: &[(&str, &str)]) -> Vec<String> {
    breaches(&tree(files))
}

fn tree(files: &[(&str, &str)]) -> Tree {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    Tree::read(root.path()).unwrap()
}

/// A file with as many lines of code as asked for.
fn long_file(lines: usize) -> String {
    let mut text = String::from("//! Long.\n");
    for line in 0..lines {
        writeln!(text, "const C{line}: u8 = 0;").unwrap();
    }
    text
}

#[test]
fn a_tidy_tree_has_no_breaches() {
    let files = [
        ("Cargo.toml", "[workspace]\nmembers = []\n"),
        ("crates/keepwell/Cargo.toml", "[package]\nname = \"keepwell\"\n[dependencies]\nkeepwell-core = \"1\"\n"),
        ("crates/keepwell/src/lib.rs", "//! A crate.\nmod key;\n"),
        ("crates/keepwell/src/key/mod.rs", "//! Keys.\n"),
        ("crates/keepwell/src/bin/show.rs", "//! A program.\nfn main() {}\n"),
        ("crates/keepwell/tests/it/main.rs", "//! Tests.\n"),
        ("crates/keepwell/tests/ui/wrong.rs", "fn main() { 1 + }\n"),
        ("python/keepwell/utilities/__init__.py", "\"\"\"A name that is given.\"\"\"\n"),
        ("python/tests/test_tasks.py", "\"\"\"Tests.\"\"\"\n"),
        ("target/debug/build.rs", "no rust"),
    ];
    assert_eq!(breaches_of(&files), Vec::<String>::new());
}

#[test]
fn a_file_that_does_not_say_what_it_is_for_is_a_breach() {
    assert_eq!(breaches_of(&[("src/lib.rs", "mod a;\n")]), ["src/lib.rs: does not open with `//!`"]);
}

#[test]
fn a_python_file_that_does_not_say_what_it_is_for_is_a_breach() {
    let files = [("python/keepwell/tasks.py", "import sys\n"), ("python/tests/seed/hello.py", "# A comment.\n")];
    let expected = files.map(|(path, _)| format!("{path}: does not open with a docstring"));
    assert_eq!(breaches_of(&files), expected);
}

#[test]
fn a_note_of_unfinished_work_is_a_breach() {
    let text = ["//! A.\n// TO", "DO: more\n"].concat();
    assert_eq!(breaches_of(&[("src/lib.rs", &text)]), ["src/lib.rs: has a note of unfinished work"]);
}

#[test]
fn names_that_say_nothing_are_breaches() {
    let words = "has a name that says nothing of what is inside";
    let files =
        [("src/common/mod.rs", "//! A.\n"), ("src/key_v2.rs", "//! B.\n"), ("src/lib.rs", "//! C.\nmod utils {}\n")];
    let python = ["python/keepwell/helpers.py", "python/utilities/keys.py"].map(|path| (path, "\"\"\"D.\"\"\"\n"));
    let files = [&python[..], &files].concat();
    let expected = files.iter().map(|(path, _)| format!("{path}: {words}")).collect::<Vec<_>>();
    assert_eq!(breaches_of(&files), expected);
}

#[test]
fn a_function_in_lib_is_a_breach_but_for_the_macro_crate() {
    let text = "//! A.\npub struct A;\nimpl A { fn a() {} }\n";
    let files = [("crates/keepwell/src/lib.rs", text), ("crates/keepwell-macros/src/lib.rs", text)];
    assert_eq!(
        breaches_of(&files),
        ["crates/keepwell/src/lib.rs: has a function body; lib.rs holds documentation and re-exports"]
    );
}

#[test]
fn a_second_test_binary_is_a_breach() {
    let files = [("tests/it/main.rs", "//! A.\n"), ("tests/main.rs", "//! B.\n")];
    assert_eq!(breaches_of(&files), ["tests/main.rs: is an integration test of its own; move it into tests/it"]);
}

#[test]
fn a_folder_of_modules_without_a_mod_file_is_a_breach() {
    let files = [("src/lib.rs", "//! A.\n"), ("src/key/part.rs", "//! B.\n")];
    assert_eq!(breaches_of(&files), ["src/key: is a folder of modules without a mod.rs"]);
}

#[test]
fn long_files_are_breaches() {
    let text = long_file(601);
    let files = [("src/lib.rs", text.as_str())];
    assert_eq!(
        breaches_of(&files),
        ["src/lib.rs: has 601 lines of code, over 600", "files: 0.0 % have at most 400 lines of code, under 95 %",]
    );
}

#[test]
fn too_many_long_functions_are_a_breach() {
    let text = format!("//! A.\nfn long() {{\n{}}}\n", "    let _a = 1;\n".repeat(59));
    assert_eq!(breaches_of(&[("src/main.rs", &text)]), ["functions: 0.0 % have at most 60 lines of code, under 97 %"]);
}

#[test]
fn a_dependency_that_is_not_allowed_is_a_breach() {
    let manifest = |name: &str, table: &str, other: &str| {
        format!("[package]\nname = \"{name}\"\n[{table}]\n{other} = {{ path = \"x\" }}\n")
    };
    let core = manifest("keepwell-core", "dependencies", "keepwell");
    let testing = manifest("keepwell-testing", "dev-dependencies", "keepwell-bench");
    let files = [
        ("core/Cargo.toml", core.as_str()),
        ("new/Cargo.toml", "[package]\nname = \"keepwell-new\"\n"),
        ("testing/Cargo.toml", testing.as_str()),
    ];
    assert_eq!(
        breaches_of(&files),
        [
            "keepwell-core: may not depend on keepwell",
            "keepwell-new: say in keepwell-tidy which crates of ours it may use",
            "keepwell-testing: may not depend on keepwell-bench",
        ]
    );
}

#[test]
fn a_test_that_a_document_names_and_that_there_is_not_is_a_breach() {
    let files = [
        ("COMPATIBILITY.md", "| `a_b_c_d`, `e_f_g_h`, `i_j_k_l`, `test_i_j_k_l` | `cache_key_fn` `a_b_c_d()` |\n"),
        ("python/tests/test_i.py", "\"\"\"I.\"\"\"\nasync def test_i_j_k_l(home): ...\n"),
        ("src/lib.rs", "//! A.\nproptest! { fn e_f_g_h() {} }\n"),
    ];
    assert_eq!(breaches_of(&files), ["COMPATIBILITY.md: names a test that there is not: a_b_c_d"]);
}

#[test]
fn a_long_readme_is_a_breach() {
    let text = "line\n".repeat(151);
    assert_eq!(breaches_of(&[("README.md", &text), ("DESIGN.md", &text)]), ["README.md: has 151 lines, over 150"]);
}

#[test]
fn measures_are_printed_for_each_crate_and_for_all() {
    let text = "//! A.\nfn a() {\n}\n#[test]\nfn b() {}\n";
    let table = Measures::of(&tree(&[("crates/one/src/main.rs", text), ("fuzz/src/main.rs", text)])).to_string();
    let rows: Vec<Vec<&str>> = table.lines().skip(2).take(3).map(|line| line.split_whitespace().collect()).collect();
    let one = ["1", "4", "4", "4", "100.0", "%", "2", "3", "2", "2", "100.0", "%", "1"];
    let all = ["2", "8", "4", "4", "100.0", "%", "4", "6", "2", "2", "100.0", "%", "2"];
    let row = |name: &'static str, rest: [&'static str; 13]| [&[name][..], &rest].concat();
    assert_eq!(rows, [row("fuzz", one), row("one", one), row("all", all)]);
    assert!(table.ends_with("longest function: `a` in fuzz/src/main.rs (2)"), "{table}");
}
