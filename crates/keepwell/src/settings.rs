//! The settings in force, also where they cannot be loaded: then the defaults are, and it is said.

use std::sync::{Arc, LazyLock};

use keepwell_core::settings::{self, Environment};
pub use keepwell_core::settings::{Overrides, Settings, reload, with, with_overrides};

use crate::report;

static DEFAULTS: LazyLock<Arc<Settings>> = LazyLock::new(|| {
    let nothing = Environment::in_directory("/").with_home(std::env::home_dir().unwrap_or_default());
    Arc::new(Settings::load(&nothing, &Overrides::new()).expect("the defaults are legal"))
});

/// The settings that hold in this thread. Where a settings file or variable is wrong, the defaults: a task still runs,
/// and an error in the log names the file, the line and the setting.
pub fn current() -> Arc<Settings> {
    settings::current().unwrap_or_else(|error| {
        report::settings_error(&error);
        Arc::clone(&DEFAULTS)
    })
}
