//! `keepwell-reliability`: breaks keepwell in every way that it promises to survive, and checks what is left.
//!
//! The program starts copies of itself as worker processes. They use the real engine on real folders, are killed, or have their
//! system calls fail; then this process, which nobody breaks, looks at everything that is there. What each scenario does is
//! in [`scenario`]; what is promised, and how each promise is tested, in `docs/reliability.md`.

mod act;
mod arguments;
mod chance;
mod content;
mod failure;
mod figures;
mod gate;
mod ground;
mod history;
mod planted;
mod scenario;
mod soak;
mod system_calls;
mod watch;
mod worker;

use std::process::ExitCode;

use arguments::{Command, USAGE};
use failure::Failure;

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]
fn main() -> ExitCode {
    let outcome = match arguments::parse(std::env::args().skip(1)) {
        Ok(Command::Help) => {
            println!("{USAGE}\n\nscenarios:\n{}", scenario::list());
            Ok(())
        }
        Ok(Command::Gate) => gate::run(),
        Ok(Command::Soak { time }) => soak::run(time),
        Ok(Command::Run { scenario, order }) => gate::run_one(scenario, &order),
        Ok(Command::Mistakes) => planted::run(),
        Ok(Command::Work { scenario, arguments }) => (scenario.work)(&arguments),
        Err(message) => Err(Failure::new(format!("{message}\n{USAGE}"))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
