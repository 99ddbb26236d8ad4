//! Expands `~` and `$KEEPWELL_HOME` in paths, and makes relative paths absolute.

use std::path::{Path, PathBuf};

use super::environment::Environment;

/// The path that `text` stands for: `~` is the user's home, `$KEEPWELL_HOME` is `keepwell_home`, and a relative path is
/// under the working directory. `None` where `~` is needed and the user's home is not known, or where the path is not
/// UTF-8.
pub(super) fn expand(text: &str, keepwell_home: &Path, environment: &Environment) -> Option<String> {
    let path = if let Some(rest) = after(text, "~") {
        under(environment.home_directory()?, rest)
    } else if let Some(rest) = after(text, "$KEEPWELL_HOME").or_else(|| after(text, "${KEEPWELL_HOME}")) {
        under(keepwell_home, rest)
    } else {
        PathBuf::from(text)
    };
    environment.working_directory().join(path).into_os_string().into_string().ok()
}

/// `rest` under `base`; joining nothing would add a slash.
fn under(base: &Path, rest: &str) -> PathBuf {
    if rest.is_empty() { base.to_owned() } else { base.join(rest) }
}

/// What follows the first component of a path, if that is `first`.
fn after<'a>(text: &'a str, first: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(first)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/').map(|rest| rest.trim_start_matches('/')) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_component_alone_is_expanded() {
        let environment = Environment::in_directory("/work").with_home("/home/me");
        let expanded = ["~", "~/a", "$KEEPWELL_HOME/s", "${KEEPWELL_HOME}", "a/~", "~you", "/abs", "$KEEPWELL_HOMER/x"]
            .map(|text| expand(text, Path::new("/keep"), &environment).unwrap());
        let expected = [
            "/home/me",
            "/home/me/a",
            "/keep/s",
            "/keep",
            "/work/a/~",
            "/work/~you",
            "/abs",
            "/work/$KEEPWELL_HOMER/x",
        ];
        assert_eq!(expanded, expected);
        assert_eq!(expand("~/a", Path::new("/keep"), &Environment::in_directory("/work")), None);
    }
}
