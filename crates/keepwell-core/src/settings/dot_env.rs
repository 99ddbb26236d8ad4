//! Reads `.env` files: lines of `NAME=value`.
//!
//! Such a file belongs to many programs, so lines that do not set one of our variables are passed over whatever they
//! hold. A value ends with its line, or with its closing quote; in double quotes `\n`, `\"`, `\\` and `\$` are escapes.
//! Variables are not expanded.

use std::path::Path;
use std::sync::Arc;

use super::environment::is_ours;
use super::layer::{Layer, Place};
use super::source::Source;
use crate::{Error, ErrorKind};

/// The settings of the `.env` file with this content.
///
/// # Errors
/// [`ErrorKind::Settings`] where the value of one of our variables has no closing quote.
pub(super) fn layer(path: &Path, content: &str) -> Result<Layer, Error> {
    let path: Arc<Path> = path.into();
    let mut layer = Layer::new(Source::DotEnv);
    for (index, line) in content.trim_start_matches('\u{feff}').lines().enumerate() {
        let Some((name, rest)) = assignment(line) else { continue };
        let column = line.chars().count() - rest.trim_start().chars().count() + 1;
        let place = Place::File { path: path.clone(), line: index + 1, column };
        let text = value(rest).ok_or_else(|| {
            Error::new(ErrorKind::Settings, format!("{place}{name} has no closing quote"))
                .with_hint("write the value on one line, in quotes of one kind or none")
        })?;
        layer.add_variable(name, &text, place);
    }
    Ok(layer)
}

/// The name and the raw value of a line that sets one of our variables.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, rest) = line.split_once('=')?;
    let name = name.trim();
    is_ours(name).then_some((name, rest))
}

fn value(rest: &str) -> Option<String> {
    let rest = rest.trim();
    match rest.chars().next() {
        Some('\'') => rest[1..].split_once('\'').map(|(text, _)| text.to_owned()),
        Some('"') => double_quoted(&rest[1..]),
        Some('#') => Some(String::new()),
        Some(_) | None => Some(rest.split(" #").next().unwrap_or_default().trim_end().to_owned()),
    }
}

fn double_quoted(rest: &str) -> Option<String> {
    let mut text = String::new();
    let mut characters = rest.chars();
    loop {
        match characters.next()? {
            '"' => return Some(text),
            '\\' => text.push(match characters.next()? {
                'n' => '\n',
                other => other,
            }),
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_many_styles_are_read_and_foreign_ones_passed_over() {
        let content = "\u{feff}# ours\nKEEPWELL_LOGGING_LEVEL=DEBUG # loud\n\n  export KEEPWELL_HOME = '/a b#c' \n\
            KEEPWELL_LOGGING_EXTRA_LOGGERS=\"a,\\\"b\\\\\"\r\nOTHER=\"unclosed\nnonsense\nKEEPWELL_TEST_MODE=\n";
        let layer = layer(Path::new("/x/.env"), content).unwrap();
        let read: Vec<_> = layer.entries().iter().map(|entry| (entry.written, entry.text.as_str())).collect();
        assert_eq!(
            read,
            [
                ("KEEPWELL_LOGGING_LEVEL", "DEBUG"),
                ("KEEPWELL_HOME", "/a b#c"),
                ("KEEPWELL_LOGGING_EXTRA_LOGGERS", "a,\"b\\")
            ]
        );
    }

    #[test]
    fn a_value_without_its_closing_quote_is_an_error_with_its_place() {
        let error = layer(Path::new("/x/.env"), "A=1\nKEEPWELL_HOME='/a\n").unwrap_err();
        assert_eq!(error.to_string(), "/x/.env:2:15: KEEPWELL_HOME has no closing quote");
    }
}
