//! Loads settings: reads the layers, and takes each setting from the first that gives it.
//!
//! Where files are missing there is nothing to read and no error. Nothing is kept between two loads.

use std::path::PathBuf;
use std::sync::Arc;

use super::environment::Environment;
use super::layers::Layers;
use super::overrides::Overrides;
use super::plain::PlainValue;
use super::setting::Setting;
use super::source::Found;
use super::table::{SETTINGS, Settings};
use super::types::LogLevel;
use crate::Error;
use crate::lock::lease::LeaseTerms;
use crate::record::SerializerName;

/// What was found for each setting, and what it was found in.
#[derive(Clone)]
pub(super) struct Loaded {
    found: Vec<Found>,
    profile: Arc<str>,
    warnings: Vec<String>,
    environment: Environment,
    overrides: Overrides,
}

impl Loaded {
    /// One for each row of [`SETTINGS`].
    pub(super) fn found(&self) -> &[Found] {
        &self.found
    }
}

impl Settings {
    /// Loads the settings that hold in `environment`, in one pass over its variables and files.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`](crate::ErrorKind::Settings): a file cannot be read or is not TOML, a text is not what its setting accepts, the profile
    /// asked for on the command line does not exist, two settings do not go together. The message names the file and line, or the variable.
    pub fn load(environment: &Environment, overrides: &Overrides) -> Result<Self, Error> {
        let layers = Layers::read(environment, overrides)?;
        let found = SETTINGS.iter().map(|setting| layers.find(setting)).collect::<Result<_, _>>()?;
        let settings = Self::of(Loaded {
            found,
            warnings: layers.warnings(),
            profile: layers.profile,
            environment: environment.clone(),
            overrides: overrides.clone(),
        });
        LeaseTerms::of_settings(&settings.locks)?;
        Ok(settings)
    }

    /// These settings, loaded again from the same environment with more overrides.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn overridden(&self, overrides: &Overrides) -> Result<Self, Error> {
        Self::load(&self.loaded.environment, &self.loaded.overrides.clone().and(overrides))
    }

    /// The value that `setting` would have if nobody set it.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn default_of(&self, setting: &'static Setting) -> Result<PlainValue, Error> {
        let layers = Layers::outside_profiles(&self.loaded.environment, &self.loaded.overrides)?;
        Ok(setting.value_of(&layers.default(setting)?))
    }

    /// The level from which on to log: DEBUG in debug mode, else the one that is set.
    pub fn log_level(&self) -> LogLevel {
        if self.debug_mode { LogLevel::Debug } else { self.logging.level }
    }

    /// The serializer of results where neither task nor flow names one; CBOR where the settings name none that can be.
    pub fn serializer(&self) -> SerializerName {
        SerializerName::new(&self.results.default_serializer).unwrap_or(SerializerName::CBOR)
    }

    /// The active profile.
    pub fn profile(&self) -> &str {
        &self.loaded.profile
    }

    /// What the user should be told: names that are no setting, a profile that does not exist.
    pub fn warnings(&self) -> &[String] {
        &self.loaded.warnings
    }

    /// What was found for each setting, in the order of [`SETTINGS`].
    pub fn iter(&self) -> impl Iterator<Item = (&'static Setting, &Found)> {
        SETTINGS.iter().zip(self.loaded.found())
    }
}

/// Everything that is wrong in `environment`, also where a stronger layer hides it.
pub fn problems(environment: &Environment) -> Vec<Error> {
    match Layers::read(environment, &Overrides::new()) {
        Ok(layers) => layers.entries().filter_map(|entry| layers.text(entry).err()).collect(),
        Err(error) => vec![error],
    }
}

/// Where the profiles of `environment` are. A wrong value of any other setting is no error here, so that it can be mended.
///
/// # Errors
/// [`ErrorKind::Settings`](crate::ErrorKind::Settings) where a file that may say so cannot be read.
pub(super) fn profiles_path(environment: &Environment) -> Result<PathBuf, Error> {
    Layers::outside_profiles(environment, &Overrides::new())?.path("profiles_path")
}
