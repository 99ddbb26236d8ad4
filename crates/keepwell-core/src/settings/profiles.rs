//! Profiles: named sets of settings in `profiles.toml`, edited with comments and order kept.
//!
//! The file holds `active = "name"` and a table `[profiles.NAME]` of variables for each profile. It is this module's to
//! write; `toml_file` reads it when settings are loaded. The profile `default` always exists, if need be as an empty one.

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table, TableLike};

use super::environment::Environment;
use super::file;
use super::load::profiles_path;
use super::setting::Setting;
use super::toml_file::{not_toml, text};
use crate::{Error, ErrorKind};

/// The profile that is active where none is asked for.
pub const DEFAULT_PROFILE: &str = "default";

/// The profiles of a user, as the file had them when it was read.
#[derive(Debug)]
pub struct Profiles {
    path: PathBuf,
    document: DocumentMut,
    /// The profile that the environment asks for, whatever the file says.
    asked_for: Option<String>,
}

impl Profiles {
    /// The profiles of `environment`; a missing file is one without profiles.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`] where the file cannot be read or is not made of profiles.
    pub fn read(environment: &Environment) -> Result<Self, Error> {
        Self::read_at(profiles_path(environment)?, environment)
    }

    /// Reads the profiles, lets `edit` change them, and writes the file (mode 0600, in a folder of mode 0700) if they
    /// changed. Nobody else edits it meanwhile.
    ///
    /// # Errors
    /// As [`read`](Self::read), those of `edit`, and where the file cannot be written. The file is then as it was.
    pub fn edit<R>(environment: &Environment, edit: impl FnOnce(&mut Self) -> Result<R, Error>) -> Result<R, Error> {
        let path = profiles_path(environment)?;
        file::exclusively(&path, || {
            let mut profiles = Self::read_at(path.clone(), environment)?;
            let before = profiles.document.to_string();
            let result = edit(&mut profiles)?;
            let after = profiles.document.to_string();
            if after != before {
                file::replace(&path, &after)?;
            }
            Ok(result)
        })
    }

    /// The file that holds them.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names of all profiles, in the order of the file.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> =
            self.table().map(|table| table.iter().map(|(name, _)| name).collect()).unwrap_or_default();
        if !names.contains(&DEFAULT_PROFILE) {
            names.insert(0, DEFAULT_PROFILE);
        }
        names
    }

    /// The profile that is active: the one asked for on the command line or by `KEEPWELL_PROFILE`, whether it exists or
    /// not, else the one that the file names.
    pub fn active(&self) -> &str {
        self.asked_for.as_deref().unwrap_or_else(|| self.active_in_file())
    }

    fn active_in_file(&self) -> &str {
        self.document.get("active").and_then(Item::as_str).unwrap_or(DEFAULT_PROFILE)
    }

    /// The variables of a profile and their texts, in the order of the file.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`] where there is no such profile.
    pub fn variables(&self, name: &str) -> Result<Vec<(String, String)>, Error> {
        self.require(name)?;
        let Some(profile) = self.table().and_then(|table| table.get(name)).and_then(Item::as_table_like) else {
            return Ok(Vec::new());
        };
        let texts = profile.iter().filter_map(|(variable, item)| Some((variable.to_owned(), text(item.as_value()?)?)));
        Ok(texts.collect())
    }

    /// Adds a profile: an empty one, or a copy of `from`.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`] where it exists, has no name, or `from` does not exist.
    pub fn create(&mut self, name: &str, from: Option<&str>) -> Result<(), Error> {
        self.refuse_existing(name)?;
        let mut profile = Table::new();
        for (variable, text) in from.map_or(Ok(Vec::new()), |from| self.variables(from))? {
            profile.insert(&variable, toml_edit::value(text));
        }
        self.table_mut().insert(name, profile.into());
        Ok(())
    }

    /// Makes a profile the active one.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`] where there is no such profile.
    pub fn activate(&mut self, name: &str) -> Result<(), Error> {
        self.require(name)?;
        replace_value(self.document.as_table_mut(), "active", name);
        Ok(())
    }

    /// Removes a profile.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`] where there is no such profile, it is active or it is the default one.
    pub fn remove(&mut self, name: &str) -> Result<(), Error> {
        self.require(name)?;
        refuse_default(name, "removed")?;
        if [self.active(), self.active_in_file()].contains(&name) {
            let message = format!("profile '{name}' is the active profile and cannot be removed");
            let hint = "make another one active first: `keepwell profile use NAME`";
            return Err(Error::new(ErrorKind::Settings, message).with_hint(hint));
        }
        self.table_mut().remove(name);
        Ok(())
    }

    /// Gives a profile another name; it stays active if it was.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`] where there is no such profile, it is the default one, or the new name is taken.
    pub fn rename(&mut self, name: &str, new_name: &str) -> Result<(), Error> {
        self.require(name)?;
        refuse_default(name, "renamed")?;
        self.refuse_existing(new_name)?;
        let profile = self.table_mut().remove(name).expect("a required profile is in the file");
        self.table_mut().insert(new_name, profile);
        if name == self.active_in_file() {
            replace_value(self.document.as_table_mut(), "active", new_name);
        }
        Ok(())
    }

    /// Sets a setting in a profile, under its own name.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`] where there is no such profile, the setting cannot be set in one, or it does not accept
    /// `text`.
    pub fn set(&mut self, profile: &str, setting: &Setting, text: &str) -> Result<(), Error> {
        self.require(profile)?;
        check(setting, text)?;
        let profile = self.profile_mut(profile);
        remove_variables(profile, setting.variables().skip(1));
        replace_value(profile, setting.name(), text);
        Ok(())
    }

    /// Removes a setting from a profile, under whatever name it is there. Says whether it was.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`] where there is no such profile.
    pub fn unset(&mut self, profile: &str, setting: &Setting) -> Result<bool, Error> {
        self.require(profile)?;
        Ok(remove_variables(self.profile_mut(profile), setting.variables()))
    }

    fn read_at(path: PathBuf, environment: &Environment) -> Result<Self, Error> {
        let content = file::read(&path)?.unwrap_or_else(|| format!("active = \"{DEFAULT_PROFILE}\"\n"));
        let document: DocumentMut = content.parse().map_err(|error| not_toml(&path, &content, &error))?;
        let is_made_of_tables = document.get("profiles").is_none_or(|profiles| {
            profiles.as_table_like().is_some_and(|table| table.iter().all(|(_, profile)| profile.is_table_like()))
        });
        if !is_made_of_tables {
            let message = format!("{}: `profiles` is not made of tables", path.display());
            return Err(Error::new(ErrorKind::Settings, message).with_hint("write each profile as `[profiles.NAME]`"));
        }
        let asked_for = environment.asked_for_profile()?.map(|(name, _)| name.to_owned());
        Ok(Self { path, document, asked_for })
    }

    fn require(&self, name: &str) -> Result<(), Error> {
        if self.names().contains(&name) {
            return Ok(());
        }
        let error = Error::new(ErrorKind::Settings, format!("profile '{name}' not found"));
        Err(error.with_hint("`keepwell profile ls` lists the profiles"))
    }

    fn refuse_existing(&self, name: &str) -> Result<(), Error> {
        if name.trim().is_empty() {
            return Err(Error::new(ErrorKind::Settings, "a profile must have a name"));
        }
        if !self.names().contains(&name) {
            return Ok(());
        }
        let error = Error::new(ErrorKind::Settings, format!("profile '{name}' already exists"));
        Err(error.with_hint(format!("to make a new one, remove it first: `keepwell profile delete '{name}'`")))
    }

    fn table(&self) -> Option<&dyn TableLike> {
        self.document.get("profiles").and_then(Item::as_table_like)
    }

    fn table_mut(&mut self) -> &mut dyn TableLike {
        let new_table = || {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        };
        self.document.entry("profiles").or_insert_with(new_table).as_table_like_mut().expect("checked when read")
    }

    fn profile_mut(&mut self, name: &str) -> &mut dyn TableLike {
        let profile = self.table_mut().entry(name).or_insert_with(|| Table::new().into());
        profile.as_table_like_mut().expect("checked when read")
    }
}

/// Sets a value, keeping the comment beside the old one.
fn replace_value(table: &mut dyn TableLike, key: &str, text: &str) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            let decor = old.decor().clone();
            *old = text.into();
            *old.decor_mut() = decor;
        }
        None => {
            table.insert(key, toml_edit::value(text));
        }
    }
}

fn remove_variables<'a>(table: &mut dyn TableLike, names: impl Iterator<Item = &'a str>) -> bool {
    names.filter_map(|name| table.remove(name)).count() > 0
}

fn refuse_default(name: &str, action: &str) -> Result<(), Error> {
    if name != DEFAULT_PROFILE {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Settings, format!("profile '{name}' is built in and cannot be {action}")))
}

fn check(setting: &Setting, text: &str) -> Result<(), Error> {
    let name = setting.name();
    if setting.is_outside_profiles() {
        let message = format!("setting '{name}' cannot be set in a profile: it is needed before profiles are read");
        return Err(Error::new(ErrorKind::Settings, message).with_hint("use an environment variable instead"));
    }
    if text.is_empty() {
        let message = format!("setting '{name}' cannot be set to an empty text");
        return Err(Error::new(ErrorKind::Settings, message).with_hint(format!("`keepwell config unset {name}`")));
    }
    if !setting.is_accepted(text) {
        let message = format!("setting '{name}' cannot be '{}', expected {}", setting.shown(text), setting.accepts());
        let hint = format!("the default is `{}`", setting.default_text());
        return Err(Error::new(ErrorKind::Settings, message).with_hint(hint));
    }
    Ok(())
}
