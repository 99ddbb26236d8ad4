//! The secret that records are signed with, as a setting. It is never shown.

use std::fmt;

use super::plain::PlainValue;
use super::value::SettingValue;
use crate::key::Digest;

/// A secret that records are signed with: 32 bytes, given as 64 hexadecimal digits. Shown as asterisks.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey([u8; 32]);

impl SigningKey {
    /// The key of these 64 hexadecimal digits; `None` where they are not.
    pub fn from_hex(text: &str) -> Option<Self> {
        Digest::from_hex(text).map(|bytes| Self(*bytes.as_bytes()))
    }

    /// The secret itself.
    pub fn reveal(&self) -> &[u8; 32] {
        &self.0
    }
}

impl SettingValue for SigningKey {
    fn accepts() -> String {
        "64 hexadecimal digits, as `openssl rand -hex 32` makes them".into()
    }

    fn parse(text: &str) -> Option<Self> {
        Self::from_hex(&text.to_ascii_lowercase())
    }

    fn plain(self) -> PlainValue {
        PlainValue::Text(self.to_string())
    }
}

/// Keys with commas between; an empty text is no keys.
impl SettingValue for Vec<SigningKey> {
    fn accepts() -> String {
        "keys of 64 hexadecimal digits with commas between".into()
    }

    fn parse(text: &str) -> Option<Self> {
        let keys = text.split(',').map(str::trim).filter(|key| !key.is_empty());
        keys.map(SigningKey::parse).collect()
    }

    fn plain(self) -> PlainValue {
        PlainValue::Names(self.iter().map(SigningKey::to_string).collect())
    }
}

impl fmt::Display for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("********")
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_64_hexadecimal_digits_and_is_never_shown() {
        let key = SigningKey::parse(&"5A".repeat(32)).unwrap();
        assert_eq!(key.reveal(), &[0x5a; 32]);
        assert_eq!(format!("{key} {key:?}"), "******** ********");
        assert_eq!(["", "5a", &"5a".repeat(33), &"zz".repeat(32)].map(SigningKey::parse), [const { None }; 4]);
    }

    #[test]
    fn keys_have_commas_between() {
        let (one, other) = ("01".repeat(32), "02".repeat(32));
        let keys = Vec::<SigningKey>::parse(&format!("{one}, {other},")).unwrap();
        assert_eq!(keys, [SigningKey([1; 32]), SigningKey([2; 32])]);
        assert_eq!(Vec::<SigningKey>::parse(""), Some(Vec::new()));
        assert_eq!(Vec::<SigningKey>::parse(&format!("{one} {other}")), None);
    }
}
