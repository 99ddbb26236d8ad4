//! One Python file, measured as Rust files are.
//!
//! A line of code is one that holds anything but blanks, comments and documentation. A function is as long as its lines of
//! code from `def` to the last that is indented deeper.

use std::collections::BTreeSet;
use std::path::Path;

use crate::source::{Function, Source, has_unfinished_work};

/// What opens and closes a string of several lines. Documentation is in the first of them.
const QUOTES: [&str; 2] = ["\"\"\"", "'''"];
/// What the names of tests begin with. Documents name a test with or without it.
const TEST: &str = "test_";

/// A line of code, without its indentation.
struct Line<'a> {
    indentation: usize,
    text: &'a str,
}

/// The file that `text` is the content of.
pub(crate) fn parse(path: &Path, text: &str) -> Source {
    let lines = code_lines(text);
    let functions: Vec<Function> = (0..lines.len()).filter_map(|index| function(&lines[index..])).collect();
    let names = functions.iter().map(|function| function.name.clone());
    let without_prefix = functions.iter().filter_map(|function| function.name.strip_prefix(TEST)).map(str::to_owned);
    let function_names: BTreeSet<String> = names.chain(without_prefix).collect();
    Source {
        path: path.to_owned(),
        code_lines: lines.len(),
        opens_with_documentation: text.lines().find(|line| !is_aside(line)).is_some_and(opens_documentation),
        has_unfinished_work: has_unfinished_work(text),
        modules: Vec::new(),
        functions,
        function_names,
    }
}

fn code_lines(text: &str) -> Vec<Line<'_>> {
    // The quotes of the string that a line is in, and whether it is documentation.
    let mut within: Option<(&str, bool)> = None;
    let mut lines = Vec::new();
    for line in text.lines().filter(|line| !is_aside(line)) {
        let is_documentation =
            within.map_or_else(|| opens_documentation(line), |(_, is_documentation)| is_documentation);
        if !is_documentation {
            let text = line.trim_start();
            // A string goes on where its line stands, however little that is indented.
            let indentation = if within.is_some() { usize::MAX } else { line.len() - text.len() };
            lines.push(Line { indentation, text });
        }
        within = match within {
            Some((quotes, _)) => within.filter(|_| !is_odd(line, quotes)),
            None => QUOTES.into_iter().find(|quotes| is_odd(line, quotes)).map(|quotes| (quotes, is_documentation)),
        };
    }
    lines
}

/// Whether a string in these quotes begins or ends on the line, and does not do both.
fn is_odd(line: &str, quotes: &str) -> bool {
    line.matches(quotes).count() % 2 == 1
}

/// Neither code nor documentation.
fn is_aside(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

fn opens_documentation(line: &str) -> bool {
    line.trim_start().trim_start_matches('r').starts_with(QUOTES[0])
}

/// The function that begins with the first of these lines, if one does.
fn function(lines: &[Line<'_>]) -> Option<Function> {
    let (first, rest) = lines.split_first()?;
    let definition = first.text.strip_prefix("async ").unwrap_or(first.text).strip_prefix("def ")?;
    let name = definition.split('(').next()?.to_owned();
    // The bracket that closes the parameters stands below `def`.
    let belongs = |line: &&Line<'_>| line.indentation > first.indentation || line.text.starts_with(')');
    let is_test = name.starts_with(TEST);
    Some(Function { name, code_lines: 1 + rest.iter().take_while(belongs).count(), is_test })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# A comment.
"""What it is for.

More of it.
"""

import sys


def long(
    x: int,
) -> int:
    """Documented."""
    # A comment.

    text = """a
    b
"""
    return x


class Speaker:
    async def speak(self): ...


def test_it_speaks():
    assert True
"#;

    #[test]
    fn lines_of_code_are_those_with_anything_but_blanks_comments_and_documentation() {
        let source = parse(Path::new("a.py"), TEXT);
        let functions: Vec<_> =
            source.functions.iter().map(|found| (found.name.as_str(), found.code_lines, found.is_test)).collect();
        assert_eq!(functions, [("long", 7, false), ("speak", 1, false), ("test_it_speaks", 2, true)]);
        assert_eq!((source.code_lines, source.opens_with_documentation), (12, true));
        let names = ["it_speaks", "long", "speak", "test_it_speaks"].map(str::to_owned);
        assert_eq!(source.function_names, BTreeSet::from(names));
    }

    #[test]
    fn a_file_that_opens_with_code_is_not_documented() {
        assert!(!parse(Path::new("a.py"), "import sys\n\"\"\"Late.\"\"\"\n").opens_with_documentation);
    }
}
