//! `keepwell config validate`

use keepwell_core::settings::problems;

use crate::failure::Failure;
use crate::session::Session;

/// Says everything that is wrong with the settings, also where a stronger source hides it.
pub(crate) fn run(session: &mut Session) -> Result<(), Failure> {
    let mut problems = problems(session.environment());
    let last = problems.pop();
    for problem in problems {
        session.say_error(&problem.into());
    }
    if let Some(last) = last {
        return Err(last.into());
    }
    session.settings()?;
    session.print("Configuration valid!")
}
