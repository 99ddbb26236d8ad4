//! The `keepwell` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(keepwell_cli::run(std::env::args_os()))
}
