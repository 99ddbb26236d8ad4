//! The process's surroundings, as one value, so that nothing else reads them and tests can make their own.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::{Error, ErrorKind};

/// What settings are loaded from: variables, the working directory, the user's home and the profile asked for.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<String, OsString>,
    working_directory: PathBuf,
    home_directory: Option<PathBuf>,
    profile: Option<String>,
}

impl Environment {
    /// The process's own surroundings, as they are now.
    ///
    /// Of the variables only `KEEPWELL_*` and `PREFECT_*` are kept. Where the working directory is gone, relative paths
    /// stay relative and no file is found in it.
    pub fn of_process() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the place that reads the environment")]
        let variables = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        Self {
            variables: variables.filter(|(name, _)| is_ours(name)).collect(),
            working_directory: std::env::current_dir().unwrap_or_default(),
            home_directory: std::env::home_dir().filter(|home| !home.as_os_str().is_empty()),
            profile: None,
        }
    }

    /// Surroundings without variables or home.
    pub fn in_directory(working_directory: impl Into<PathBuf>) -> Self {
        Self { working_directory: working_directory.into(), ..Self::default() }
    }

    /// The same with the user's home directory, for `~`.
    #[must_use]
    pub fn with_home(mut self, home: impl Into<PathBuf>) -> Self {
        self.home_directory = Some(home.into());
        self
    }

    /// The same with a variable.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Into<OsString>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// The same with the profile that a command line asks for: it wins over `KEEPWELL_PROFILE` and must exist.
    #[must_use]
    pub fn with_profile(mut self, profile: impl Into<String>) -> Self {
        self.profile = Some(profile.into());
        self
    }

    /// The names of all variables.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }

    /// The value of a variable, if it is set.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`] where it is not UTF-8.
    pub fn text(&self, name: &str) -> Result<Option<&str>, Error> {
        let Some(value) = self.variables.get(name) else { return Ok(None) };
        let not_text = || Error::new(ErrorKind::Settings, format!("environment variable {name} is not valid UTF-8"));
        value.to_str().map(Some).ok_or_else(not_text)
    }

    pub(super) fn working_directory(&self) -> &Path {
        &self.working_directory
    }

    pub(super) fn home_directory(&self) -> Option<&Path> {
        self.home_directory.as_deref()
    }

    /// The profile asked for, and who asks: the command line, or else the variable `KEEPWELL_PROFILE`.
    pub(super) fn asked_for_profile(&self) -> Result<Option<(&str, AskedBy)>, Error> {
        if let Some(name) = &self.profile {
            return Ok(Some((name, AskedBy::CommandLine)));
        }
        let variable = self.text("KEEPWELL_PROFILE")?.filter(|name| !name.is_empty());
        Ok(variable.map(|name| (name, AskedBy::Variable)))
    }
}

/// Who asks for a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AskedBy {
    CommandLine,
    Variable,
    ProfilesFile,
}

/// Whether a variable of this name is read at all.
pub(super) fn is_ours(name: &str) -> bool {
    name.starts_with("KEEPWELL_") || name.starts_with("PREFECT_")
}
