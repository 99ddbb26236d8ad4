//! One run of the program, from its arguments to its exit code.

use std::ffi::OsString;

use clap::Parser;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::session::Session;

/// Runs the program with these arguments, the first of which is its own name, in the environment of the process.
///
/// Returns the exit code: 0 done, 1 refused or failed (said on standard error), 2 wrong arguments, 141 where the reader
/// of the output went away (as a program that is killed by SIGPIPE). A command that reports on what it found has codes of
/// its own, which its help says.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let start = start_of_process(arguments.len());
    match Arguments::try_parse_from(arguments) {
        Ok(arguments) => {
            let mut session = Session::new(arguments.profile, start);
            let outcome = arguments.command.run(&mut session).and_then(|code| session.finish().map(|()| code));
            outcome.unwrap_or_else(|failure| failed(&failure, &mut session))
        }
        Err(refusal) => {
            // Nobody is left to tell if this cannot be printed.
            let _ = refusal.print();
            u8::try_from(refusal.exit_code()).unwrap_or(2)
        }
    }
}

/// How this process was started, without the arguments, of which there are `length` with the program's own name: so it can
/// be started again with others. Where an interpreter runs the program, it is more than a name.
fn start_of_process(length: usize) -> Vec<OsString> {
    let mut words: Vec<_> = std::env::args_os().collect();
    words.truncate((words.len() + 1).saturating_sub(length));
    words
}

fn failed(failure: &Failure, session: &mut Session) -> u8 {
    if failure.is_broken_pipe() {
        return 141;
    }
    session.say_error(failure);
    1
}
