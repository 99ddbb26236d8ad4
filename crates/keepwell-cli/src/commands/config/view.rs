//! `keepwell config view`

use clap::Args;
use keepwell_core::settings::{Found, Setting, Settings, Source};
use serde_json::{Value, json};

use crate::arguments::Listing;
use crate::failure::Failure;
use crate::session::Session;

#[derive(Args, Debug)]
pub(crate) struct View {
    /// Show settings that nobody set, too.
    #[arg(long)]
    show_defaults: bool,

    /// Do not say where each value came from.
    #[arg(long)]
    hide_sources: bool,

    /// Show passwords.
    #[arg(long)]
    show_secrets: bool,

    #[command(flatten)]
    listing: Listing,
}

impl View {
    pub(crate) fn run(self, session: &mut Session) -> Result<(), Failure> {
        let settings = session.settings()?;
        if self.listing.is_json() {
            let rows: Vec<_> = self.rows(&settings).map(|(setting, found)| self.object(setting, found)).collect();
            return session.print_json(&json!({ "profile": settings.profile(), "settings": rows }));
        }
        session.print(format_args!("KEEPWELL_PROFILE='{}'", settings.profile()))?;
        self.rows(&settings).try_for_each(|(setting, found)| session.print(self.line(setting, found)))
    }

    fn rows<'a>(&self, settings: &'a Settings) -> impl Iterator<Item = (&'static Setting, &'a Found)> + use<'a> {
        let show_defaults = self.show_defaults;
        settings.iter().filter(move |(_, found)| show_defaults || *found.source() != Source::Default)
    }

    fn line(&self, setting: &Setting, found: &Found) -> String {
        let line = format!("{}='{}'", setting.name(), self.text(setting, found));
        if self.hide_sources {
            return line;
        }
        match other_name(setting, found) {
            Some(other) => format!("{line} (from {} {other})", found.source()),
            None => format!("{line} (from {})", found.source()),
        }
    }

    fn object(&self, setting: &Setting, found: &Found) -> Value {
        let mut object = json!({ "name": setting.name(), "value": self.text(setting, found) });
        if !self.hide_sources {
            object["source"] = json!(found.source().to_string());
            object["written"] = json!(found.written());
        }
        object
    }

    fn text(&self, setting: &Setting, found: &Found) -> String {
        if self.show_secrets { found.text().to_owned() } else { setting.shown(found.text()) }
    }
}

/// The name under which the value was given, if that is neither the setting's own nor its path.
fn other_name(setting: &Setting, found: &Found) -> Option<&'static str> {
    Some(found.written()).filter(|written| ![setting.name(), setting.path()].contains(written))
}
