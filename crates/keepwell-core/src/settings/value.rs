//! From the text of a setting to its value.

use std::path::PathBuf;
use std::time::Duration;

use super::plain::PlainValue;

/// A type that a setting can have.
pub(super) trait SettingValue: Sized {
    /// Whether `~` and `$KEEPWELL_HOME` are expanded in the text before it is parsed.
    const IS_PATH: bool = false;

    /// What is accepted, to follow the word "expected".
    fn accepts() -> String;

    /// The value of `text`, or `None` where that is not accepted.
    fn parse(text: &str) -> Option<Self>;

    /// The same value without its type.
    fn plain(self) -> PlainValue;
}

impl SettingValue for bool {
    fn accepts() -> String {
        "`true` or `false` (or 1, 0, yes, no, on, off)".into()
    }

    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" | "t" | "y" => Some(true),
            "false" | "0" | "no" | "off" | "f" | "n" => Some(false),
            _ => None,
        }
    }

    fn plain(self) -> PlainValue {
        PlainValue::Switch(self)
    }
}

impl SettingValue for u32 {
    fn accepts() -> String {
        "a whole number, 0 or more".into()
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn plain(self) -> PlainValue {
        PlainValue::Number(self.into())
    }
}

impl SettingValue for std::num::NonZeroUsize {
    fn accepts() -> String {
        "a whole number, 1 or more".into()
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn plain(self) -> PlainValue {
        PlainValue::Number(u64::try_from(self.get()).unwrap_or(u64::MAX))
    }
}

impl SettingValue for String {
    fn accepts() -> String {
        "a text that is not empty".into()
    }

    fn parse(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn plain(self) -> PlainValue {
        PlainValue::Text(self)
    }
}

impl SettingValue for PathBuf {
    const IS_PATH: bool = true;

    fn accepts() -> String {
        "a path, which may begin with `~` or `$KEEPWELL_HOME`".into()
    }

    fn parse(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| text.into())
    }

    fn plain(self) -> PlainValue {
        PlainValue::Path(self)
    }
}

/// A duration is given in seconds.
impl SettingValue for Duration {
    fn accepts() -> String {
        "a number of seconds, 0 or more".into()
    }

    fn parse(text: &str) -> Option<Self> {
        Self::try_from_secs_f64(text.parse().ok()?).ok()
    }

    fn plain(self) -> PlainValue {
        PlainValue::Duration(self)
    }
}

/// The delays before the first, second, … retry; the last holds for all that follow.
impl SettingValue for Vec<Duration> {
    fn accepts() -> String {
        "a number of seconds, or up to 50 of them with commas between, as in `1,10,100`".into()
    }

    fn parse(text: &str) -> Option<Self> {
        let delays: Self = text.split(',').map(|delay| Duration::parse(delay.trim())).collect::<Option<_>>()?;
        (delays.len() <= 50).then_some(delays)
    }

    fn plain(self) -> PlainValue {
        PlainValue::Delays(self)
    }
}

/// Names with commas between; an empty text is no names.
impl SettingValue for Vec<String> {
    fn accepts() -> String {
        "names with commas between".into()
    }

    fn parse(text: &str) -> Option<Self> {
        Some(text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }

    fn plain(self) -> PlainValue {
        PlainValue::Names(self)
    }
}

impl<T: SettingValue> SettingValue for Option<T> {
    const IS_PATH: bool = T::IS_PATH;

    fn accepts() -> String {
        format!("{}; or `none`", T::accepts())
    }

    fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("none") { Some(None) } else { T::parse(text).map(Some) }
    }

    fn plain(self) -> PlainValue {
        self.map_or(PlainValue::Absent, T::plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_one_number_or_a_list() {
        let seconds = Duration::from_secs_f64;
        assert_eq!(Vec::<Duration>::parse("0.5"), Some(vec![seconds(0.5)]));
        assert_eq!(Vec::<Duration>::parse("1, 10,100"), Some(vec![seconds(1.0), seconds(10.0), seconds(100.0)]));
        assert_eq!(Vec::<Duration>::parse("1,,2"), None);
        assert_eq!(Vec::<Duration>::parse(&["1"; 50].join(",")).map(|delays| delays.len()), Some(50));
        assert_eq!(Vec::<Duration>::parse(&["1"; 51].join(",")), None);
    }

    #[test]
    fn seconds_are_finite_and_not_negative() {
        let refused = ["-1", "nan", "inf", "1e400", "1s", ""].map(Duration::parse);
        assert_eq!(refused, [None; 6]);
    }

    #[test]
    fn none_is_a_value_of_an_option_only() {
        assert_eq!(Option::<Duration>::parse("None"), Some(None));
        assert_eq!(Option::<bool>::parse("yes"), Some(Some(true)));
        assert_eq!(Option::<bool>::parse("maybe"), None);
        assert_eq!(bool::parse("none"), None);
    }
}
