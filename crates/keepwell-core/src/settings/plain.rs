//! The value of a setting for front ends whose language tells types apart at run time.

use std::path::PathBuf;
use std::time::Duration;

use super::setting::Setting;
use super::source::Found;

/// A setting's value, whatever the setting's type.
#[derive(Clone, Debug, PartialEq)]
pub enum PlainValue {
    /// The value `none` of a setting that may have none.
    Absent,
    /// A switch.
    Switch(bool),
    /// A number, of things or of bytes.
    Number(u64),
    /// A text, a word or an address (whole, with a password where it has one).
    Text(String),
    /// A path, absolute.
    Path(PathBuf),
    /// A duration.
    Duration(Duration),
    /// Delays before the first, second, … retry.
    Delays(Vec<Duration>),
    /// Names.
    Names(Vec<String>),
}

impl Setting {
    /// The value that was found for this setting.
    pub fn value_of(&self, found: &Found) -> PlainValue {
        self.read(found.text()).unwrap_or(PlainValue::Absent)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Environment, Overrides, Settings};
    use super::*;

    fn settings() -> Settings {
        let environment = Environment::in_directory("/work").with_home("/home/me");
        let overrides = Overrides::new()
            .set("tasks.default_retry_delay_seconds", "1,2")
            .and_then(|overrides| overrides.set("logging.extra_loggers", "a, b"))
            .and_then(|overrides| overrides.set("locks.timeout_seconds", "none"))
            .and_then(|overrides| overrides.set("results.default_storage", "redis://me:secret@host"));
        Settings::load(&environment, &overrides.unwrap()).unwrap()
    }

    #[test]
    fn every_type_of_setting_has_its_plain_value() {
        let settings = settings();
        let value = |path: &str| {
            let (setting, found) = settings.iter().find(|(setting, _)| setting.path() == path).unwrap();
            setting.value_of(found)
        };
        let seconds = Duration::from_secs;
        let expected = [
            ("debug_mode", PlainValue::Switch(false)),
            ("results.memory_limit", PlainValue::Number(256 << 20)),
            ("tasks.default_retries", PlainValue::Number(0)),
            ("results.default_serializer", PlainValue::Text("auto".into())),
            ("results.durability", PlainValue::Text("ordered".into())),
            ("results.default_storage", PlainValue::Text("redis://me:secret@host".into())),
            ("logging.level", PlainValue::Text("INFO".into())),
            ("home", PlainValue::Path("/home/me/.keepwell".into())),
            ("locks.timeout_seconds", PlainValue::Absent),
            ("tasks.default_retry_delay_seconds", PlainValue::Delays(vec![seconds(1), seconds(2)])),
            ("logging.extra_loggers", PlainValue::Names(vec!["a".into(), "b".into()])),
        ];
        for (path, plain) in expected {
            assert_eq!(value(path), plain, "{path}");
        }
    }

    #[test]
    fn a_default_is_what_holds_where_nobody_sets_it() {
        let settings = settings();
        let default = |path| settings.default_of(Setting::find(path).unwrap()).unwrap();
        assert_eq!(default("locks.timeout_seconds"), PlainValue::Duration(Duration::from_mins(1)));
        assert_eq!(default("profiles_path"), PlainValue::Path("/home/me/.keepwell/profiles.toml".into()));
    }
}
