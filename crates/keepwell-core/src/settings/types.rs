//! The types of value that only settings have.

use std::fmt;

use super::plain::PlainValue;
use super::setting::hide_password;
use super::value::SettingValue;
use crate::storage::Durability;

macro_rules! words {
    ($type:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl SettingValue for $type {
            fn accepts() -> String {
                concat!("one of", $(" `", $word, "`"),+).into()
            }

            fn parse(text: &str) -> Option<Self> {
                $(if text.eq_ignore_ascii_case($word) { return Some(Self::$variant); })+
                None
            }

            fn plain(self) -> PlainValue {
                PlainValue::Text(self.to_string())
            }
        }

        /// Displays as the word that a setting has for it.
        impl fmt::Display for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(match self { $(Self::$variant => $word),+ })
            }
        }
    };
}

/// What to do where a storage fails while a record is looked up or kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnStorageError {
    /// Warn, and run the body as on a miss.
    Run,
    /// Fail the task with the storage's error.
    Raise,
}

words!(OnStorageError { Run = "run", Raise = "raise" });

/// How grave a log line must be to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Everything, step by step.
    Debug,
    /// What happened to each run.
    Info,
    /// What did not go as it should, yet broke nothing.
    Warning,
    /// What failed.
    Error,
    /// What stops the program.
    Critical,
}

words!(LogLevel { Debug = "DEBUG", Info = "INFO", Warning = "WARNING", Error = "ERROR", Critical = "CRITICAL" });

words!(Durability { None = "none", Ordered = "ordered", Full = "full" });

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(u64);

impl ByteSize {
    /// The number of bytes.
    pub const fn as_bytes(self) -> u64 {
        self.0
    }
}

/// A number, then a unit or none: powers of 1000 (`kB`, `MB`, `GB`) or of 1024 (`KiB`, `MiB`, `GiB`), as in IEC 80000-13.
impl SettingValue for ByteSize {
    fn accepts() -> String {
        "a number of bytes, as in `0`, `500 MB` or `256 MiB`".into()
    }

    fn parse(text: &str) -> Option<Self> {
        let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
        let unit: u64 = match text[digits..].trim_start().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "kb" => 1_000,
            "mb" => 1_000_000,
            "gb" => 1_000_000_000,
            "kib" => 1 << 10,
            "mib" => 1 << 20,
            "gib" => 1 << 30,
            _ => return None,
        };
        text[..digits].parse::<u64>().ok()?.checked_mul(unit).map(Self)
    }

    fn plain(self) -> PlainValue {
        PlainValue::Number(self.0)
    }
}

/// Where a storage is: a path, a URL or a saved name. Shown with the password of a URL hidden.
#[derive(Clone, PartialEq, Eq)]
pub struct StorageAddress(String);

impl StorageAddress {
    /// The whole address, with a password where it has one.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl SettingValue for StorageAddress {
    fn accepts() -> String {
        "a path, a URL or the name of a saved storage".into()
    }

    fn parse(text: &str) -> Option<Self> {
        String::parse(text).map(Self)
    }

    fn plain(self) -> PlainValue {
        PlainValue::Text(self.0)
    }
}

impl fmt::Display for StorageAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hide_password(&self.0))
    }
}

impl fmt::Debug for StorageAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&hide_password(&self.0), formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_decimal_and_binary_units() {
        let parsed = ["0", "256 MiB", "1kb", "3 GB", "12b"].map(|text| ByteSize::parse(text).map(ByteSize::as_bytes));
        assert_eq!(parsed, [Some(0), Some(268_435_456), Some(1000), Some(3_000_000_000), Some(12)]);
        let refused = ["", "MiB", "-1", "1.5 MiB", "1 TB", "20000000000 GiB"].map(ByteSize::parse);
        assert_eq!(refused, [None; 6]);
    }

    #[test]
    fn words_are_read_in_any_case() {
        assert_eq!(LogLevel::parse("warning"), Some(LogLevel::Warning));
        assert_eq!(LogLevel::accepts(), "one of `DEBUG` `INFO` `WARNING` `ERROR` `CRITICAL`");
        assert_eq!(OnStorageError::parse("RAISE"), Some(OnStorageError::Raise));
        assert_eq!(Durability::parse("fully"), None);
    }

    #[test]
    fn an_address_keeps_its_password_to_itself() {
        let address = StorageAddress::parse("redis://me:secret@host").unwrap();
        assert_eq!(format!("{address} {address:?}"), "redis://me:********@host \"redis://me:********@host\"");
        assert_eq!(address.reveal(), "redis://me:secret@host");
    }
}
