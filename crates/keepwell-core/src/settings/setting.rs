//! What there is to know about one setting: its names, its default, what it accepts.

use super::plain::PlainValue;
use super::table::SETTINGS;
use super::value::SettingValue;
use crate::{Error, ErrorKind};

/// One setting, as the table in `table.rs` names it.
#[derive(Debug)]
pub struct Setting {
    name: &'static str,
    path: &'static str,
    default: &'static str,
    documentation: &'static str,
    aliases: &'static [&'static str],
    twins: &'static [&'static str],
    marks: Marks,
    value: ValueType,
}

impl Setting {
    pub(super) const fn new<T: SettingValue>(name: &'static str, path: &'static str, default: &'static str) -> Self {
        let value = ValueType { accepts: T::accepts, read: read::<T>, is_path: T::IS_PATH };
        Self { name, path, default, documentation: "", aliases: &[], twins: &[], marks: Marks::NONE, value }
    }

    pub(super) const fn documented(mut self, documentation: &'static str) -> Self {
        self.documentation = documentation;
        self
    }

    pub(super) const fn also(mut self, aliases: &'static [&'static str], twins: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self.twins = twins;
        self
    }

    pub(super) const fn marked(mut self, marks: Marks) -> Self {
        self.marks = marks;
        self
    }

    /// The setting with this name, alias or path.
    pub fn find(name: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.path == name || setting.name == name || setting.aliases.contains(&name))
    }

    /// The error for a `name` that [`find`](Self::find) does not know: it says which one may be meant.
    pub fn unknown(name: &str) -> Error {
        let error = Error::new(ErrorKind::Settings, format!("unknown setting name '{name}'"));
        match nearest(name) {
            Some(near) => error.with_hint(format!("did you mean {near}?")),
            None => error.with_hint("`keepwell config view --show-defaults` lists all settings"),
        }
    }

    /// The variable that sets it: `KEEPWELL_RESULTS_PERSIST_BY_DEFAULT`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its place in TOML files, by which programs name it too: `results.persist_by_default`.
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// The default, as text.
    pub fn default_text(&self) -> &'static str {
        self.default
    }

    /// What it is for, in one or two sentences.
    pub fn documentation(&self) -> &'static str {
        self.documentation.trim_ascii()
    }

    /// Other `KEEPWELL_*` variables that set it; the name wins over them.
    pub fn aliases(&self) -> &'static [&'static str] {
        self.aliases
    }

    /// `PREFECT_*` variables of the same meaning, honoured where the name and the aliases are not set.
    pub fn twins(&self) -> &'static [&'static str] {
        if self.marks.twin { self.twins } else { &[] }
    }

    /// Whether the text is secret or may hold a password, which [`shown`](Self::shown) hides.
    pub fn is_secret(&self) -> bool {
        self.marks.secret || self.marks.hidden
    }

    /// Whether it is needed before profiles are read, and so cannot be set in one.
    pub fn is_outside_profiles(&self) -> bool {
        self.marks.outside_profiles
    }

    /// Whether it is a path, in which `~` and `$KEEPWELL_HOME` are expanded.
    pub fn is_path(&self) -> bool {
        self.value.is_path
    }

    /// What it accepts, to follow the word "expected".
    pub fn accepts(&self) -> String {
        (self.value.accepts)()
    }

    /// Whether it accepts `text`.
    pub fn is_accepted(&self, text: &str) -> bool {
        self.read(text).is_some()
    }

    /// The value of `text`, or `None` where it is not accepted.
    pub(super) fn read(&self, text: &str) -> Option<PlainValue> {
        (self.value.read)(text)
    }

    /// `text` as it may be shown to anybody: a password in it is hidden, and all of it where all of it is secret.
    pub fn shown(&self, text: &str) -> String {
        match self.marks {
            Marks { hidden: true, .. } if text != self.default => "********".to_owned(),
            Marks { secret: true, .. } => hide_password(text),
            Marks { .. } => text.to_owned(),
        }
    }

    /// Every variable that sets it, the strongest first.
    pub(super) fn variables(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied()).chain(self.twins().iter().copied())
    }
}

/// Settings are the same if they are the same row of the table.
impl PartialEq for Setting {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Setting {}

/// The setting's name or path that is nearest to `name`, if any is near.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let name = name.replace("PREFECT_", "KEEPWELL_");
    SETTINGS
        .iter()
        .flat_map(|setting| [setting.name, setting.path])
        .map(|candidate| (strsim::damerau_levenshtein(&name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// What is special about a setting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    twin: bool,
    secret: bool,
    hidden: bool,
    outside_profiles: bool,
}

impl Marks {
    pub(super) const NONE: Self = Self { twin: false, secret: false, hidden: false, outside_profiles: false };

    /// The `PREFECT_*` variable of the same name has the same meaning.
    pub(super) const fn twin(mut self) -> Self {
        self.twin = true;
        self
    }

    /// The text may hold a password.
    pub(super) const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// All of the text is secret.
    pub(super) const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// It is needed before profiles are read.
    pub(super) const fn outside_profiles(mut self) -> Self {
        self.outside_profiles = true;
        self
    }
}

#[derive(Debug)]
struct ValueType {
    accepts: fn() -> String,
    read: fn(&str) -> Option<PlainValue>,
    is_path: bool,
}

fn read<T: SettingValue>(text: &str) -> Option<PlainValue> {
    T::parse(text).map(T::plain)
}

/// Replaces the password of a URL (`scheme://user:password@host`, RFC 3986 section 3.2.1) by asterisks.
pub(super) fn hide_password(text: &str) -> String {
    let hidden = || {
        let (scheme, rest) = text.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let (user_information, _) = authority.rsplit_once('@')?;
        let (user, _) = user_information.split_once(':')?;
        Some(format!("{scheme}://{user}:********{}", &rest[user_information.len()..]))
    };
    hidden().unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_hidden_whole_and_no_key_is_not() {
        let setting = Setting::find("results.signing_key").unwrap();
        assert_eq!(
            ["none", "5a5a", "https://me@host"].map(|text| setting.shown(text)),
            ["none", "********", "********"]
        );
    }

    #[test]
    fn only_the_password_of_a_url_is_hidden() {
        let shown = [
            "redis://me:p@ss:word@host:6379/0?a=b@c",
            "s3://bucket/a:b@c",
            "redis://:secret@host",
            "./folder",
            "https://me@host/x",
        ]
        .map(hide_password);
        assert_eq!(
            shown,
            [
                "redis://me:********@host:6379/0?a=b@c",
                "s3://bucket/a:b@c",
                "redis://:********@host",
                "./folder",
                "https://me@host/x",
            ]
        );
    }
}
