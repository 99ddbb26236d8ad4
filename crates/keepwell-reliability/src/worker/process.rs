//! A worker as its starter sees it: it is told lines, says lines, and is killed.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::failure::{Checked, Failure};

/// A copy of this program that works for a scenario. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

/// What starts a worker of the scenario, with a mistake planted in it where one is given.
pub(crate) fn command(scenario: &str, mistake: Option<&str>) -> Checked<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["work", scenario]);
    plant(&mut command, mistake);
    Ok(command)
}

/// Plants the mistake in what the command starts.
pub(crate) fn plant(command: &mut Command, mistake: Option<&str>) {
    match mistake {
        Some(mistake) => command.env("KEEPWELL_PLANTED_MISTAKE", mistake),
        None => command.env_remove("KEEPWELL_PLANTED_MISTAKE"),
    };
}

impl Worker {
    /// Starts the command's process.
    pub(crate) fn start(mut command: Command) -> Checked<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let to = child.stdin.take().expect("it was asked for");
        let from = BufReader::new(child.stdout.take().expect("it was asked for"));
        Ok(Self { child, to, from })
    }

    /// Tells the worker a line.
    pub(crate) fn tell(&mut self, line: &str) -> Checked<()> {
        writeln!(self.to, "{line}").map_err(|error| Failure::from(error).within("a worker has ended too early"))
    }

    /// Waits for the next line that the worker says; `None` where it has ended.
    pub(crate) fn listen(&mut self) -> Checked<Option<String>> {
        let mut line = String::new();
        let read = self.from.read_line(&mut line)?;
        Ok((read > 0 && line.ends_with('\n')).then(|| line.trim_end().to_owned()))
    }

    /// Kills the worker, waits until it is gone, and hands out what it had said that nobody listened to.
    pub(crate) fn kill(mut self) -> Checked<Vec<String>> {
        self.child.kill()?;
        self.child.wait()?;
        let mut said = Vec::new();
        while let Some(line) = self.listen()? {
            said.push(line);
        }
        Ok(said)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
