//! A user's home and working directory, made for one test.

use std::fs;
use std::path::PathBuf;

use keepwell_core::Error;
use keepwell_core::settings::{Environment, Overrides, Settings};
use tempfile::TempDir;

pub(crate) struct Fixture {
    root: TempDir,
    pub(crate) environment: Environment,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let environment = Environment::in_directory(root.path().join("work")).with_home(root.path().join("me"));
        fs::create_dir_all(root.path().join("work")).unwrap();
        fs::create_dir_all(root.path().join("me/.keepwell")).unwrap();
        Self { root, environment }
    }

    /// A path below the root, which holds `work` (the working directory) and `me` (the user's home).
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn file(self, name: &str, content: &str) -> Self {
        fs::write(self.path(name), content).unwrap();
        self
    }

    pub(crate) fn profiles(self, content: &str) -> Self {
        self.file("me/.keepwell/profiles.toml", content)
    }

    pub(crate) fn variable(mut self, name: &str, text: &str) -> Self {
        self.environment = self.environment.with_variable(name, text);
        self
    }

    pub(crate) fn load(&self) -> Result<Settings, Error> {
        Settings::load(&self.environment, &Overrides::new())
    }

    /// `text` with the root's path in the place of `ROOT`.
    pub(crate) fn rooted(&self, text: &str) -> String {
        text.replace("ROOT", self.root.path().to_str().unwrap())
    }
}

/// The text of a setting, and the layer that gave it.
pub(crate) fn found(settings: &Settings, path: &str) -> (String, String) {
    let (_, found) = settings.iter().find(|(setting, _)| setting.path() == path).unwrap();
    (found.text().to_owned(), found.source().to_string())
}
