//! Settings that the program itself gives.

use super::layer::{Layer, Place};
use super::setting::Setting;
use super::source::Source;
use crate::Error;

/// Values that win over every other source.
#[derive(Clone, Debug, Default)]
pub struct Overrides(Vec<(&'static Setting, String)>);

impl Overrides {
    /// No overrides.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with a setting, by its name (`KEEPWELL_TASKS_REFRESH_CACHE`) or path (`tasks.refresh_cache`). The last
    /// value given for a setting holds.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`](crate::ErrorKind::Settings) where there is no such setting. A value that the setting does
    /// not accept is an error when the settings are loaded.
    pub fn set(mut self, name: &str, text: impl Into<String>) -> Result<Self, Error> {
        let setting = Setting::find(name).ok_or_else(|| Setting::unknown(name))?;
        self.0.retain(|(other, _)| *other != setting);
        self.0.push((setting, text.into()));
        Ok(self)
    }

    /// These, and where `others` give a setting, that.
    #[must_use]
    pub(super) fn and(mut self, others: &Self) -> Self {
        self.0.retain(|(setting, _)| !others.0.iter().any(|(other, _)| other == setting));
        self.0.extend(others.0.iter().cloned());
        self
    }

    pub(super) fn layer(&self) -> Layer {
        let mut layer = Layer::new(Source::Override);
        for (setting, text) in &self.0 {
            layer.add_path(setting.path(), text, Place::Override);
        }
        layer
    }
}
