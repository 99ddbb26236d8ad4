//! The names of serializers. Which of them a reader allows, and what they do, is left to the front ends.

use std::borrow::Cow;
use std::fmt;

use crate::{Error, ErrorKind};

const LIMIT: usize = 64;

/// What stands in front of a serializer's name to have its bytes compressed.
const COMPRESSED: &str = "compressed/";

/// The name of what turned a value into bytes, such as `cbor`: 1 to 64 visible ASCII characters.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SerializerName(Cow<'static, str>);

impl SerializerName {
    /// Deterministic CBOR, the default.
    pub const CBOR: Self = Self(Cow::Borrowed("cbor"));
    /// JSON text.
    pub const JSON: Self = Self(Cow::Borrowed("json"));
    /// A Python pickle.
    pub const PICKLE: Self = Self(Cow::Borrowed("pickle"));

    /// Stands in the header of a head that holds no payload.
    pub(super) const NONE: Self = Self(Cow::Borrowed("none"));

    /// The serializer of this name.
    ///
    /// # Errors
    /// [`ErrorKind::Serialization`] if the name is empty, longer than 64 bytes, or not visible ASCII.
    pub fn new(name: &str) -> Result<Self, Error> {
        Self::parse(name.as_bytes()).ok_or_else(|| {
            Error::new(ErrorKind::Serialization, format!("{name:?} is not a serializer's name"))
                .with_hint("use 1 to 64 visible ASCII characters, such as `cbor`")
        })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether its bytes are data and nothing else: every reader decodes them without running code that they name. What
    /// is not known to be so, such as a pickle or a user's own serializer, must be signed.
    pub fn is_data_only(&self) -> bool {
        matches!(self.as_str(), "cbor" | "json")
    }

    /// Whether the store is asked to compress the bytes: `compressed/` stands in front of the name.
    pub fn is_compressed(&self) -> bool {
        self.0.starts_with(COMPRESSED)
    }

    /// The name without what concerns the store: that of what turns values into bytes.
    pub fn plain(&self) -> &str {
        self.0.strip_prefix(COMPRESSED).unwrap_or(&self.0)
    }

    /// The serializer whose name has these bytes, without allocating for the ones every reader knows.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let name = std::str::from_utf8(bytes).ok()?;
        let known = [Self::CBOR, Self::JSON, Self::PICKLE].into_iter().find(|known| known.as_str() == name);
        known.or_else(|| Self::is_legal(name).then(|| Self(Cow::Owned(name.to_owned()))))
    }

    fn is_legal(name: &str) -> bool {
        (1..=LIMIT).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
    }
}

impl fmt::Display for SerializerName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for SerializerName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_visible_ascii() {
        let long = "x".repeat(65);
        let legal = ["cbor", "compressed/json", "", "a b", "é", &long].map(|name| SerializerName::new(name).is_ok());
        assert_eq!(legal, [true, true, false, false, false, false]);
    }

    #[test]
    fn only_what_is_known_to_be_data_counts_as_data() {
        let names = ["cbor", "json", "pickle", "json/objects", "CBOR", "cbor ", "cbor2", "mine"];
        let data_only = names.map(|name| SerializerName(Cow::Borrowed(name)).is_data_only());
        assert_eq!(data_only, [true, true, false, false, false, false, false, false]);
    }

    #[test]
    fn a_refused_name_is_shown_with_the_rule() {
        let error = SerializerName::new("a b").unwrap_err();
        assert_eq!(
            error.report(),
            "\"a b\" is not a serializer's name (use 1 to 64 visible ASCII characters, such as `cbor`)"
        );
    }
}
