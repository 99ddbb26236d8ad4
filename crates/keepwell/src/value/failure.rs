//! Why a value could not be written or read, and where in it.

use std::fmt;

use keepwell_core::cbor::{Item, Malformed};
use keepwell_core::{Error, ErrorKind};

/// A path longer than twice this is shown with its middle left out.
const SHOWN_AT_EACH_END: usize = 16;

/// A failure inside a value. The path to it is gathered on the way out, so success costs nothing.
#[derive(Debug)]
pub(super) struct Failure(Box<Inner>);

#[derive(Debug)]
struct Inner {
    message: String,
    /// Innermost first.
    path: Vec<String>,
}

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Inner { message: message.into(), path: Vec::new() }))
    }

    /// The same failure, seen from outside: `step` leads to where it happened.
    pub(super) fn inside(mut self, step: String) -> Self {
        self.0.path.push(step);
        self
    }

    /// The error that `action` failed on the value called `root`.
    pub(super) fn into_error(self, kind: ErrorKind, action: &str, root: &str) -> Error {
        let Inner { message, path } = *self.0;
        Error::new(kind, format!("cannot {action} `{root}{}`: {message}", Path(&path)))
    }
}

/// The step to an element of a sequence.
pub(super) fn index_step(index: usize) -> String {
    format!("[{index}]")
}

/// The step to a named field.
pub(super) fn field_step(name: &str) -> String {
    format!(".{name}")
}

/// The step to the entry of a map whose key is, or begins with, `key`.
pub(super) fn key_step(key: Option<Item<'_>>) -> String {
    match key {
        Some(Item::Text(text)) => format!("[{text:?}]"),
        Some(Item::Unsigned(number)) => format!("[{number}]"),
        Some(Item::Negative(number)) => format!("[{}]", -1 - i128::from(number)),
        _ => "[…]".to_owned(),
    }
}

struct Path<'a>(&'a [String]);

impl fmt::Display for Path<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left_out = self.0.len().saturating_sub(2 * SHOWN_AT_EACH_END);
        for (depth, step) in self.0.iter().rev().enumerate() {
            if left_out > 0 && depth == SHOWN_AT_EACH_END {
                write!(formatter, "…({left_out} levels)…")?;
            }
            if depth < SHOWN_AT_EACH_END || depth >= SHOWN_AT_EACH_END + left_out {
                formatter.write_str(step)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.message)
    }
}

impl std::error::Error for Failure {}

impl From<Malformed> for Failure {
    fn from(malformed: Malformed) -> Self {
        Self::new(malformed.to_string())
    }
}

impl serde::ser::Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

impl serde::de::Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_names_the_way_to_the_failure() {
        let failure = Failure::new("no").inside(field_step("lock")).inside(index_step(3));
        let error = failure.into_error(ErrorKind::Key, "hash", "parameters.x");
        assert_eq!(error.to_string(), "cannot hash `parameters.x[3].lock`: no");
    }

    #[test]
    fn the_middle_of_a_long_way_is_left_out() {
        let failure = (0..40).rev().fold(Failure::new("no"), |failure, index| failure.inside(index_step(index)));
        let error = failure.into_error(ErrorKind::Key, "hash", "x").to_string();
        assert!(error.starts_with("cannot hash `x[0][1]"), "{error}");
        assert!(error.contains("[15]…(8 levels)…[24]"), "{error}");
        assert!(error.ends_with("[39]`: no"), "{error}");
    }
}
