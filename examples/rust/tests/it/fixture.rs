//! Runs an example as a user would, in a home of its own, and says what it printed and logged.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The path of an example's program.
macro_rules! program {
    ($name:literal) => {
        env!(concat!("CARGO_BIN_EXE_", $name))
    };
}
pub(crate) use program;

/// A home for examples, which is also their working directory. Removed at the end of the test.
pub(crate) struct Home {
    folder: tempfile::TempDir,
    variables: Vec<(&'static str, String)>,
}

/// What a program left behind.
pub(crate) struct Run {
    /// The lines on standard output.
    pub(crate) printed: Vec<String>,
    /// The log lines, without their times and with `…` for the random ends of run names.
    pub(crate) logged: Vec<String>,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder can be made"), variables: Vec::new() }
    }

    /// The same home with an environment variable set.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs the program with these arguments. It must succeed.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Run {
        let output = self.command(program).args(arguments).output().expect("the program starts");
        let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("text"));
        assert!(output.status.success(), "{program} failed\n{stdout}{stderr}");
        Run {
            printed: stdout.lines().map(str::to_owned).collect(),
            logged: stderr.lines().map(without_chance).collect(),
        }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.path()).env("HOME", self.path()).env("KEEPWELL_HOME", self.path());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The names of the records in the default storage, sorted.
    pub(crate) fn records(&self) -> Vec<String> {
        records_in(&self.storage())
    }

    /// The default storage.
    pub(crate) fn storage(&self) -> PathBuf {
        self.path().join("storage")
    }
}

/// The names of the records in a storage's folder, sorted. None where there is no folder.
pub(crate) fn records_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("the folder can be read").file_name().to_string_lossy().into_owned())
        .filter(|name| name != ".keepwell")
        .collect();
    names.sort();
    names
}

impl Run {
    /// The final states of the runs of a task, in order.
    pub(crate) fn states_of(&self, task: &str) -> Vec<&str> {
        let (alone, in_flow) = (format!("Task run '{task}'"), format!("Task run '{task}-…'"));
        self.logged
            .iter()
            .filter_map(|line| {
                let (who, state) = line.split_once(" - Finished in state ")?;
                let who = who.rsplit(" | ").next()?;
                (who == alone || who == in_flow).then_some(state)
            })
            .collect()
    }
}

/// A log line without its time, and without the random end of a run's name: `'hello_task-4f2'` is `'hello_task-…'`.
fn without_chance(line: &str) -> String {
    let line = line.split_once(" | ").map_or(line, |(_, rest)| rest);
    line.split('\'').map(without_random_end).collect::<Vec<_>>().join("'")
}

fn without_random_end(name: &str) -> String {
    match name.rsplit_once('-') {
        Some((start, end)) if end.len() == 3 && end.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            format!("{start}-…")
        }
        Some(_) | None => name.to_owned(),
    }
}

/// Whether a name is a computed key: the digits of a BLAKE3-256 digest.
pub(crate) fn is_computed_key(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}
