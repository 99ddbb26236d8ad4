//! The measures as a table: one row per crate, and one for everything.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use crate::length::{LONG_FILE, LONG_FUNCTION, share_within};
use crate::source::Source;
use crate::tree::Tree;

/// How long files and functions are. Displays as a table.
#[derive(Debug)]
pub struct Measures {
    rows: Vec<Row>,
    longest: Vec<String>,
}

#[derive(Debug, Default)]
struct Row {
    name: String,
    files: Vec<usize>,
    functions: Vec<usize>,
    tests: usize,
}

impl Measures {
    /// The measures of `tree`.
    pub fn of(tree: &Tree) -> Self {
        let mut rows: BTreeMap<String, Row> = BTreeMap::new();
        let mut all = Row::default();
        for source in &tree.sources {
            rows.entry(crate_of(&source.path)).or_default().add(source);
            all.add(source);
        }
        let mut rows: Vec<Row> = rows.into_iter().map(|(name, row)| Row { name, ..row }).collect();
        rows.push(Row { name: "all".to_owned(), ..all });
        rows.iter_mut().for_each(Row::sort);
        Self { rows, longest: longest_file(tree).into_iter().chain(longest_function(tree)).collect() }
    }
}

fn longest_file(tree: &Tree) -> Option<String> {
    let source = tree.sources.iter().max_by_key(|source| source.code_lines)?;
    Some(format!("longest file: {} ({})", source.path.display(), source.code_lines))
}

fn longest_function(tree: &Tree) -> Option<String> {
    let functions =
        tree.sources.iter().flat_map(|source| source.functions.iter().map(move |function| (source, function)));
    let (source, function) = functions.max_by_key(|(_, function)| function.code_lines)?;
    Some(format!("longest function: `{}` in {} ({})", function.name, source.path.display(), function.code_lines))
}

impl Row {
    fn add(&mut self, source: &Source) {
        self.files.push(source.code_lines);
        self.functions.extend(source.functions.iter().map(|function| function.code_lines));
        self.tests += source.functions.iter().filter(|function| function.is_test).count();
    }

    fn sort(&mut self) {
        self.files.sort_unstable();
        self.functions.sort_unstable();
    }
}

impl fmt::Display for Measures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{:<20} {:^38} {:^38}", "", "files: lines of code", "functions: lines of code")?;
        write!(formatter, "{:<20}", "crate")?;
        for limit in [LONG_FILE, LONG_FUNCTION] {
            write!(
                formatter,
                " {:>6} {:>7} {:>6} {:>6} {:>9}",
                "count",
                "sum",
                "median",
                "max",
                format!("<= {limit}")
            )?;
        }
        write!(formatter, " {:>6}", "tests")?;
        self.rows.iter().try_for_each(|row| write!(formatter, "\n{row}"))?;
        self.longest.iter().try_for_each(|line| write!(formatter, "\n{line}"))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:<20}", self.name)?;
        for (lengths, limit) in [(&self.files, LONG_FILE), (&self.functions, LONG_FUNCTION)] {
            let (count, sum) = (lengths.len(), lengths.iter().sum::<usize>());
            let median = lengths.get(count / 2).copied().unwrap_or_default();
            let max = lengths.last().copied().unwrap_or_default();
            let within = share_within(lengths, limit) * 100.0;
            write!(formatter, " {count:>6} {sum:>7} {median:>6} {max:>6} {within:>7.1} %")?;
        }
        write!(formatter, " {:>6}", self.tests)
    }
}

/// The crate's folder, by its own name.
fn crate_of(path: &Path) -> String {
    let mut names = path.iter().map(|name| name.to_string_lossy().into_owned());
    let first = names.next().unwrap_or_default();
    if first == "crates" { names.next().unwrap_or_default() } else { first }
}
