//! Runs workers under `strace`.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::call::{Call, between_marks};
use crate::failure::{Checked, Failure};
use crate::worker;

/// What is done to a worker at a system call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Blow {
    /// It is killed before the call has any effect.
    Kill,
    /// The call fails with this error and has no effect.
    Error(&'static str),
    /// This call and all later ones of its name fail with this error.
    ErrorsFromThenOn(&'static str),
}

/// How a worker ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// What it said.
    pub(crate) said: Vec<String>,
    /// What it said to a person.
    pub(crate) complaint: String,
    pub(crate) was_killed: bool,
    pub(crate) has_succeeded: bool,
    /// Whether the blow fell.
    pub(crate) was_struck: bool,
}

/// Runs workers of one scenario.
#[derive(Debug)]
pub(crate) struct Strace<'a> {
    pub(crate) scenario: &'static str,
    pub(crate) mistake: Option<&'a str>,
    /// Where the log goes.
    pub(crate) log: PathBuf,
}

impl Strace<'_> {
    /// Whether the machine has `strace` and lets it trace; why not.
    pub(crate) fn is_possible() -> Result<(), String> {
        let mut command = Command::new("strace");
        command.args(["-o", "/dev/null", "true"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match command.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(_) => Err("strace may not trace".to_owned()),
            Err(error) => Err(format!("strace does not start: {error}")),
        }
    }

    /// The calls that an unharmed worker makes between its marks.
    pub(crate) fn calls(&self, arguments: &[&str]) -> Checked<Vec<Call>> {
        let ended = self.run(&["-s", "256"], arguments)?;
        if !ended.has_succeeded {
            return Err(Failure::new(format!("an unharmed worker failed: {:?} {}", ended.said, ended.complaint)));
        }
        between_marks(&self.read_log()?)
    }

    /// Runs a worker that is struck at a call.
    pub(crate) fn strike(&self, call: &Call, blow: Blow, arguments: &[&str]) -> Checked<Ended> {
        let Call { name, nth, text: _ } = call;
        let inject = match blow {
            Blow::Kill => format!("inject={name}:signal=SIGKILL:when={nth}"),
            Blow::Error(errno) => format!("inject={name}:error={errno}:when={nth}"),
            Blow::ErrorsFromThenOn(errno) => format!("inject={name}:error={errno}:when={nth}+"),
        };
        let mut ended = self.run(&["-e", &format!("trace={name}"), "-e", &inject], arguments)?;
        ended.was_struck = match blow {
            Blow::Kill => ended.was_killed,
            Blow::Error(_) | Blow::ErrorsFromThenOn(_) => self.read_log()?.contains("(INJECTED)"),
        };
        Ok(ended)
    }

    fn run(&self, options: &[&str], arguments: &[&str]) -> Checked<Ended> {
        let worker = worker::command(self.scenario, self.mistake)?;
        let mut command = Command::new("strace");
        command.arg("-f").arg("-o").arg(&self.log).args(options).arg(worker.get_program()).args(worker.get_args());
        command.args(arguments).stdin(Stdio::null());
        worker::plant(&mut command, self.mistake);
        let output = command.output()?;
        Ok(Ended {
            said: String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect(),
            complaint: String::from_utf8_lossy(&output.stderr).into_owned(),
            // `strace` ends as what it traced did.
            was_killed: output.status.signal() == Some(9),
            has_succeeded: output.status.success(),
            was_struck: false,
        })
    }

    fn read_log(&self) -> Checked<String> {
        let bytes = std::fs::read(&self.log)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
