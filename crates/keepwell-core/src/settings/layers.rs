//! The layers of settings that hold in an environment, the strongest first.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::environment::{AskedBy, Environment};
use super::expand::expand;
use super::layer::{Entry, Layer, Place};
use super::overrides::Overrides;
use super::profiles::DEFAULT_PROFILE;
use super::setting::Setting;
use super::source::{Found, Source};
use super::toml_file::TomlFile;
use super::value::SettingValue;
use super::{dot_env, file};
use crate::{Error, ErrorKind};

pub(super) struct Layers<'a> {
    layers: Vec<Layer>,
    environment: &'a Environment,
    home: PathBuf,
    pub(super) profile: Arc<str>,
    warnings: Vec<String>,
}

impl<'a> Layers<'a> {
    /// All layers but the defaults.
    pub(super) fn read(environment: &'a Environment, overrides: &Overrides) -> Result<Self, Error> {
        let mut layers = Self::outside_profiles(environment, overrides)?;
        if bool::parse(layers.find(named("testing.test_mode"))?.text()) == Some(false) {
            layers.add_profile()?;
        }
        Ok(layers)
    }

    /// All layers but the profile, which is found through them.
    pub(super) fn outside_profiles(environment: &'a Environment, overrides: &Overrides) -> Result<Self, Error> {
        let folder = environment.working_directory();
        let mut layers = vec![overrides.layer(), variables(environment)?];
        layers.extend(dot_env_layer(&folder.join(".env"))?);
        layers.extend(toml_layer(&folder.join("keepwell.toml"), Source::KeepwellToml, &[])?);
        layers.extend(toml_layer(&folder.join("pyproject.toml"), Source::Pyproject, &["tool", "keepwell"])?);
        let profile = DEFAULT_PROFILE.into();
        let mut layers = Self { layers, environment, home: folder.to_owned(), profile, warnings: Vec::new() };
        layers.home = layers.path("home")?;
        Ok(layers)
    }

    /// What the strongest layer says about `setting`, or else its default.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`] where that is not what the setting accepts.
    pub(super) fn find(&self, setting: &'static Setting) -> Result<Found, Error> {
        let strongest = self.layers.iter().find_map(|layer| Some((layer, layer.entry(setting)?)));
        match strongest {
            Some((layer, entry)) => {
                Ok(Found { text: self.text(entry)?, source: layer.source.clone(), written: entry.written })
            }
            None => self.default(setting),
        }
    }

    /// The value of a setting that is a path.
    pub(super) fn path(&self, path: &str) -> Result<PathBuf, Error> {
        Ok(self.find(named(path))?.text.into())
    }

    /// The text of an entry, checked, and expanded if it is a path.
    pub(super) fn text(&self, entry: &Entry) -> Result<String, Error> {
        if !entry.setting.is_accepted(&entry.text) {
            return Err(entry.refusal());
        }
        self.expanded(entry.setting, &entry.text).ok_or_else(|| homeless(&entry.place, entry.written, &entry.text))
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.layers.iter().flat_map(Layer::entries)
    }

    pub(super) fn warnings(&self) -> Vec<String> {
        let of_layers = self.layers.iter().flat_map(|layer| &layer.warnings);
        of_layers.chain(&self.warnings).cloned().collect()
    }

    /// What holds where no layer says anything about `setting`.
    pub(super) fn default(&self, setting: &'static Setting) -> Result<Found, Error> {
        let text = setting.default_text();
        let text = self.expanded(setting, text).ok_or_else(|| homeless(&Place::Default, setting.name(), text))?;
        Ok(Found { text, source: Source::Default, written: setting.name() })
    }

    fn expanded(&self, setting: &Setting, text: &str) -> Option<String> {
        let is_value = !text.eq_ignore_ascii_case("none");
        if setting.is_path() && is_value { expand(text, &self.home, self.environment) } else { Some(text.to_owned()) }
    }

    fn add_profile(&mut self) -> Result<(), Error> {
        let path = self.path("profiles_path")?;
        let file = TomlFile::read(&path)?;
        let active = file.as_ref().map_or(Ok(None), TomlFile::active_profile)?;
        let asked_for = self.environment.asked_for_profile()?;
        let (name, by) = asked_for.unwrap_or((active.unwrap_or(DEFAULT_PROFILE), AskedBy::ProfilesFile));
        let mut layer = file.as_ref().map_or(Ok(None), |file| file.profile(name))?;
        let mut used = name;
        if layer.is_none() && name != DEFAULT_PROFILE {
            self.warnings.push(missing_profile(name, by, &path)?);
            layer = file.as_ref().map_or(Ok(None), |file| file.profile(DEFAULT_PROFILE))?;
            used = DEFAULT_PROFILE;
        }
        self.profile = used.into();
        self.layers.extend(layer);
        Ok(())
    }
}

/// The warning that a profile does not exist and another is used. One asked for on the command line must exist.
fn missing_profile(name: &str, by: AskedBy, path: &Path) -> Result<String, Error> {
    let asked_for = match by {
        AskedBy::CommandLine => {
            let error = Error::new(ErrorKind::Settings, format!("profile '{name}' not found"));
            return Err(error.with_hint("`keepwell profile ls` lists the profiles"));
        }
        AskedBy::Variable => "set by KEEPWELL_PROFILE".to_owned(),
        AskedBy::ProfilesFile => format!("active in {}", path.display()),
    };
    Ok(format!("profile '{name}', {asked_for}, not found: the profile '{DEFAULT_PROFILE}' is used"))
}

fn named(path: &str) -> &'static Setting {
    Setting::find(path).expect("the engine asks for settings of the table")
}

fn variables(environment: &Environment) -> Result<Layer, Error> {
    let mut layer = Layer::new(Source::Environment);
    for name in environment.names() {
        layer.add_variable(name, environment.text(name)?.unwrap_or_default(), Place::Environment);
    }
    Ok(layer)
}

fn dot_env_layer(path: &Path) -> Result<Option<Layer>, Error> {
    file::read(path)?.map(|content| dot_env::layer(path, &content)).transpose()
}

fn toml_layer(path: &Path, source: Source, keys: &[&str]) -> Result<Option<Layer>, Error> {
    TomlFile::read(path)?.map(|file| file.settings(source, keys)).transpose()
}

/// The error for a path below a home directory that nobody knows.
fn homeless(place: &Place, written: &str, text: &str) -> Error {
    let message = format!("{place}{written} is `{text}`, but the user's home directory is unknown or not UTF-8");
    Error::new(ErrorKind::Settings, message).with_hint("set KEEPWELL_HOME to an absolute path")
}
