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
