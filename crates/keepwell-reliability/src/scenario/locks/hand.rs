//! A worker process that is listened to with a limit, so that one that stands still holds up nobody.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::time::{ClockId, clock_gettime};

use crate::failure::{Checked, Failure};

/// A worker process. It is killed when this is dropped.
pub(super) struct Hand {
    child: Child,
    to: ChildStdin,
    lines: Receiver<String>,
}

impl Hand {
    /// Starts the command's process.
    pub(super) fn start(mut command: Command) -> Checked<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let to = child.stdin.take().expect("it was asked for");
        let from = BufReader::new(child.stdout.take().expect("it was asked for"));
        let (sender, lines) = channel();
        thread::spawn(move || from.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Ok(Self { child, to, lines })
    }

    /// Tells the worker a line.
    pub(super) fn tell(&mut self, line: &str) -> Checked<()> {
        writeln!(self.to, "{line}").map_err(|error| Failure::from(error).within("a worker has ended too early"))
    }

    /// The next line that the worker says, or `None` if it says none for so long.
    pub(super) fn listen(&self, at_most: Duration) -> Checked<Option<String>> {
        match self.lines.recv_timeout(at_most) {
            Ok(line) => Ok(Some(line)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(Failure::new("a worker has ended too early")),
        }
    }

    /// What follows `word` in the next line that the worker says, which must begin with it.
    pub(super) fn expect(&self, word: &str, at_most: Duration) -> Checked<String> {
        let begun = Instant::now();
        match self.listen(at_most)? {
            Some(line) => match line.strip_prefix(word) {
                Some(rest) => Ok(rest.trim_start().to_owned()),
                None => Err(Failure::new(format!("a worker was to say `{word}` and said `{line}`"))),
            },
            None => Err(Failure::new(format!("a worker has not said `{word}` within {:?}", begun.elapsed()))),
        }
    }

    /// Has the process stand still.
    pub(super) fn stop(&self) -> Checked<()> {
        self.signal(Signal::STOP)
    }

    /// Has the process go on.
    pub(super) fn go_on(&self) -> Checked<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> Checked<()> {
        Ok(kill_process(Pid::from_child(&self.child), signal)?)
    }

    /// Kills the process and waits until it is gone.
    pub(super) fn kill(mut self) -> Checked<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The time by the clock that all processes of the machine share, in nanoseconds.
pub(super) fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    let [seconds, nanoseconds] = [time.tv_sec, time.tv_nsec].map(|part| u64::try_from(part).unwrap_or_default());
    seconds * 1_000_000_000 + nanoseconds
}

/// The words of a worker's line as numbers.
pub(super) fn numbers<const N: usize>(line: &str) -> Checked<[u64; N]> {
    let numbers: Result<Vec<u64>, _> = line.split_whitespace().map(str::parse).collect();
    numbers
        .ok()
        .and_then(|numbers| numbers.try_into().ok())
        .ok_or_else(|| Failure::new(format!("a worker said what is not expected: {line}")))
}
