//! One run of the program, from its arguments to its exit code.

use std::ffi::OsString;

use clap::Parser;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::session::Session;

/// Runs the program with these arguments, the first of which is its own name, in the environment of the process.
///
/// Returns the exit code: 0 done, 1 refused or failed (said on standard error), 2 wrong arguments, 141 where the reader
/// of the output went away (as a program that is killed by SIGPIPE).
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    match Arguments::try_parse_from(arguments) {
        Ok(arguments) => {
            let mut session = Session::new(arguments.profile);
            let outcome = arguments.command.run(&mut session).and_then(|()| session.finish());
            outcome.map_or_else(|failure| failed(&failure, &mut session), |()| 0)
        }
        Err(refusal) => {
            // Nobody is left to tell if this cannot be printed.
            let _ = refusal.print();
            u8::try_from(refusal.exit_code()).unwrap_or(2)
        }
    }
}

fn failed(failure: &Failure, session: &mut Session) -> u8 {
    if failure.is_broken_pipe() {
        return 141;
    }
    session.say_error(failure);
    1
}
