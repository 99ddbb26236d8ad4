//! What a command works with: the environment, and the three standard streams.
//!
//! Results go to standard output; warnings, errors and questions to standard error. Colours appear only on a terminal,
//! and never where `NO_COLOR` is set (`anstream` sees to both).

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, IsTerminal, Stderr, Stdout, Write};
use std::process::Command;
use std::sync::Arc;

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use keepwell_core::settings::{Environment, Overrides, Settings};

use crate::failure::Failure;

pub(crate) const ACTIVE: Style = AnsiColor::Green.on_default();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

pub(crate) struct Session {
    environment: Environment,
    start: Vec<OsString>,
    settings: Option<Arc<Settings>>,
    output: AutoStream<Stdout>,
    messages: AutoStream<Stderr>,
}

impl Session {
    /// A session in the environment of the process, with the profile that the command line asks for. `start` is how the
    /// program was started.
    pub(crate) fn new(profile: Option<String>, start: Vec<OsString>) -> Self {
        let environment = Environment::of_process();
        let environment = match profile {
            Some(profile) => environment.with_profile(profile),
            None => environment,
        };
        Self { environment, start, settings: None, output: anstream::stdout(), messages: anstream::stderr() }
    }

    /// This program in another process, without arguments; `None` where nobody knows how it was started.
    pub(crate) fn program(&self) -> Option<Command> {
        let (program, words) = self.start.split_first()?;
        let mut command = Command::new(program);
        command.args(words);
        Some(command)
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The settings that hold. What is odd about them is said as warnings, once.
    pub(crate) fn settings(&mut self) -> Result<Arc<Settings>, Failure> {
        if let Some(settings) = &self.settings {
            return Ok(Arc::clone(settings));
        }
        let settings = Arc::new(Settings::load(&self.environment, &Overrides::new())?);
        settings.warnings().iter().for_each(|warning| self.say_warning(warning));
        self.settings = Some(Arc::clone(&settings));
        Ok(settings)
    }

    /// Prints a line of the result.
    pub(crate) fn print(&mut self, line: impl Display) -> Result<(), Failure> {
        Ok(writeln!(self.output, "{line}")?)
    }

    /// Prints the result as indented JSON.
    pub(crate) fn print_json(&mut self, value: &serde_json::Value) -> Result<(), Failure> {
        self.print(format_args!("{value:#}"))
    }

    /// Writes out what is still held back.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        Ok(self.output.flush()?)
    }

    /// Says something beside the result.
    pub(crate) fn say(&mut self, line: impl Display) {
        // What cannot be said must not stop what can be done.
        let _ = writeln!(self.messages, "{line}");
    }

    pub(crate) fn say_warning(&mut self, warning: impl Display) {
        self.say(format_args!("{WARNING}warning{WARNING:#}: {warning}"));
    }

    pub(crate) fn say_error(&mut self, failure: &Failure) {
        self.say(format_args!("{ERROR}error{ERROR:#}: {failure}"));
        if let Some(hint) = failure.hint() {
            self.say(format_args!(" {HINT}hint{HINT:#}: {hint}"));
        }
    }

    /// Asks before something is lost. Where nobody sits at a terminal the answer must have been given: `yes`.
    pub(crate) fn confirm(&mut self, question: &str, yes: bool) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
            return Err(Failure::advised("not confirmed, and there is no terminal to ask at", "add `--yes`"));
        }
        let _ = write!(self.messages, "{question} [y/N]: ");
        let mut answer = String::new();
        // An answer that cannot be read is not a yes.
        let _ = io::stdin().read_line(&mut answer);
        let is_yes = ["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str());
        if is_yes { Ok(()) } else { Err(Failure::refused("not confirmed, nothing was changed")) }
    }
}
