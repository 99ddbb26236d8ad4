//! A user's home and working directory, and what the program says there.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use assert_cmd::cargo::CommandCargoExt;
use tempfile::TempDir;

pub(crate) struct Fixture {
    root: TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("work")).unwrap();
        let home = root.path().join("home").to_str().unwrap().to_owned();
        Self { root, variables: vec![("KEEPWELL_HOME", home)] }
    }

    pub(crate) fn variable(mut self, name: &'static str, text: &str) -> Self {
        self.variables.push((name, text.to_owned()));
        self
    }

    pub(crate) fn profiles(self, content: &str) -> Self {
        fs::create_dir_all(self.root.path().join("home")).unwrap();
        fs::write(self.path("home/profiles.toml"), content).unwrap();
        self
    }

    /// A path below the root, which holds `work` (the working directory) and `home` (`KEEPWELL_HOME`).
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn profiles_file(&self) -> String {
        fs::read_to_string(self.path("home/profiles.toml")).unwrap()
    }

    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::cargo_bin("keepwell").unwrap();
        command.args(arguments.split_whitespace()).current_dir(self.path("work")).env_clear();
        command.envs(self.variables.iter().map(|(name, text)| (name, text)));
        command
    }

    /// The whole of what `keepwell ARGUMENTS` does, as a transcript: exit code, standard output, then standard error with
    /// `! ` before each line. The root's path is shown as `ROOT`.
    pub(crate) fn run(&self, arguments: &str) -> String {
        let output = self.command(arguments).output().unwrap();
        let code = output.status.code().unwrap();
        let written = String::from_utf8(output.stdout).unwrap();
        let messages = String::from_utf8(output.stderr).unwrap();
        let messages: String = messages.lines().map(|line| format!("! {line}\n")).collect();
        format!("[{code}]\n{written}{messages}").replace(self.root.path().to_str().unwrap(), "ROOT")
    }
}
