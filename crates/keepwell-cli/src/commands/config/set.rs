//! `keepwell config set`

use clap::Args;
use keepwell_core::settings::{Profiles, Setting, Settings, Source};

use crate::failure::Failure;
use crate::session::Session;

#[derive(Args, Debug)]
pub(crate) struct Set {
    /// Settings and their values; either all are set or none is.
    #[arg(required = true, value_name = "NAME=VALUE")]
    assignments: Vec<String>,
}

impl Set {
    pub(crate) fn run(self, session: &mut Session) -> Result<(), Failure> {
        let assignments = self.assignments.iter().map(|text| parse(text)).collect::<Result<Vec<_>, _>>()?;
        let profile = Profiles::edit(session.environment(), |profiles| {
            let profile = profiles.active().to_owned();
            assignments.iter().try_for_each(|(setting, text)| profiles.set(&profile, setting, text))?;
            Ok(profile)
        })?;
        for (setting, text) in &assignments {
            session.print(format_args!("Set '{}' to '{}'.", setting.name(), setting.shown(text)))?;
        }
        session.print(format_args!("Updated profile '{profile}'."))?;
        warn_of_stronger(session, &assignments);
        Ok(())
    }
}

fn parse(assignment: &str) -> Result<(&'static Setting, &str), Failure> {
    let Some((name, text)) = assignment.split_once('=') else {
        let message = format!("failed to parse argument '{assignment}'");
        return Err(Failure::advised(message, "use the format 'NAME=VALUE'"));
    };
    let setting = Setting::find(name).ok_or_else(|| Setting::unknown(name))?;
    Ok((setting, text))
}

/// Says which of the settings are decided elsewhere, so that what was set has no effect here.
fn warn_of_stronger(session: &mut Session, assignments: &[(&'static Setting, &str)]) {
    match session.settings() {
        Ok(settings) => {
            let stronger: Vec<_> = assignments.iter().filter_map(|(setting, _)| stronger(&settings, setting)).collect();
            stronger.iter().for_each(|warning| session.say_warning(warning));
        }
        Err(failure) => session.say_warning(failure),
    }
}

fn stronger(settings: &Settings, setting: &Setting) -> Option<String> {
    let (_, found) = settings.iter().find(|(other, _)| *other == setting)?;
    let (name, written) = (setting.name(), found.written());
    match found.source() {
        Source::Override | Source::Profile(_) => None,
        Source::Environment => Some(format!(
            "{name} is also set by the environment variable {written}, which overrides the profile; run `unset {written}` \
             to clear it"
        )),
        source @ (Source::DotEnv | Source::KeepwellToml | Source::Pyproject) => {
            Some(format!("{name} is also set in the {source} here, which overrides the profile"))
        }
        Source::Default => Some(format!("{name} has no effect: profiles are ignored in test mode")),
    }
}
