//! File names: which file an object is in, and which object a file name stands for. No I/O.
//!
//! A key that is short and plain is its own file name. Any other byte is percent-encoded (as in RFC 3986, section 2.1), and
//! a name that would be too long is cut and closed with `~` and the key's digest. `~` stands nowhere else, so no
//! two keys share a file name, and no key can name a path.

use std::borrow::Cow;
use std::fmt::Write;

use crate::key::{CacheKey, Digest};
use crate::storage::{ObjectKind, ObjectName};

/// The folder of everything that is not a head.
pub(in crate::storage) const PRIVATE: &str = ".keepwell";

/// What the places of locks begin with.
pub(in crate::storage) const LOCKS: &str = ".keepwell/locks/";

/// Most file systems take 255 bytes; the rest is for suffixes (a copy's, a quarantined file's).
const LONGEST: usize = 200;
/// What is left of a cut name, so that it is `LONGEST` with `~` and 64 hexadecimal digits.
const CUT: usize = LONGEST - 65;

/// What a file name in the store's folder stands for.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::storage) enum FileName {
    /// This key's file.
    Key(CacheKey),
    /// The file of a key that has this digest and is too long for a file name.
    Cut(Digest),
}

/// The object's file, relative to the store's folder.
pub(in crate::storage) fn relative_path(name: &ObjectName) -> Cow<'_, str> {
    match name {
        ObjectName::Head(key) => encode(key.as_str()),
        ObjectName::Blob(digest) => {
            let hex = digest.to_hex();
            Cow::Owned(format!("{PRIVATE}/blobs/{}/{hex}", &hex[..2]))
        }
        ObjectName::Decision(id) => Cow::Owned(format!("{PRIVATE}/transactions/{id}")),
        ObjectName::Lock(key) => Cow::Owned(format!("{LOCKS}{}", encode(key.as_str()))),
    }
}

/// The file name of a key.
pub(crate) fn encode(key: &str) -> Cow<'_, str> {
    if key.len() <= LONGEST && !key.starts_with('.') && key.bytes().all(is_plain) {
        return Cow::Borrowed(key);
    }
    let mut name = escape(key);
    if name.len() > LONGEST {
        name.truncate(CUT);
        name.push('~');
        name.push_str(&Digest::of(key.as_bytes()).to_hex());
    }
    Cow::Owned(name)
}

/// Whether the key's file name is cut, so that the key cannot be read off it.
pub(in crate::storage) fn is_cut(key: &str) -> bool {
    encode(key).contains('~')
}

/// Where the whole text of a key is kept whose object's file name is cut, so that it can be listed; `None` for any other.
pub(in crate::storage) fn whole_key_path(name: &ObjectName) -> Option<String> {
    let key = name.key().filter(|key| is_cut(key.as_str()))?;
    Some(path_of_whole_key(key.digest(), name.kind()))
}

/// Where the whole text of the key is that has this digest, and names an object of this kind. Each kind has a text of its
/// own, since it is removed with the object.
pub(in crate::storage) fn path_of_whole_key(digest: Digest, kind: ObjectKind) -> String {
    match kind {
        ObjectKind::Head | ObjectKind::Blob | ObjectKind::Decision => format!("{PRIVATE}/names/{digest}"),
        ObjectKind::Lock => format!("{PRIVATE}/names/lock-{digest}"),
    }
}

/// What a file name stands for; `None` where this module would not have made it.
pub(in crate::storage) fn decode(name: &str) -> Option<FileName> {
    if let Some((_, hex)) = name.split_once('~') {
        return Digest::from_hex(hex).map(FileName::Cut);
    }
    let key = unescape(name)?;
    (encode(&key) == name).then(|| CacheKey::new(key).ok().map(FileName::Key)).flatten()
}

/// The key that a file name shows whole; `None` where the name is cut, or none of ours.
pub(crate) fn key_of(name: &str) -> Option<CacheKey> {
    match decode(name)? {
        FileName::Key(key) => Some(key),
        FileName::Cut(_) => None,
    }
}

/// The text with every byte percent-encoded that is not plain, however long that is.
pub(crate) fn escape(key: &str) -> String {
    let mut name = String::with_capacity(key.len() + 16);
    for (index, byte) in key.bytes().enumerate() {
        if is_plain(byte) && !(index == 0 && byte == b'.') {
            name.push(char::from(byte));
        } else {
            write!(name, "%{byte:02X}").expect("a string takes any text");
        }
    }
    name
}

/// The text that was percent-encoded so; `None` where that was no text.
pub(crate) fn unescape(name: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'%' {
            let hex = str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

fn is_plain(byte: u8) -> bool {
    PLAIN[usize::from(byte)]
}

/// A table, because every look-up asks for every byte of its key.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        plain[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        byte += 1;
    }
    plain
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_plain_key_is_its_own_file_name() {
        for key in ["report.v1", "a", "CON", "a-b_c.D9", &"0".repeat(200)] {
            assert!(matches!(encode(key), Cow::Borrowed(name) if name == key), "{key}");
        }
    }

    #[test]
    fn every_other_byte_is_percent_encoded() {
        let names = ["static cache key", "a/b", "../x", "~x", ".hidden", ".", "..", "é", "50%", "a\0b"].map(encode);
        let expected = [
            "static%20cache%20key",
            "a%2Fb",
            "%2E.%2Fx",
            "%7Ex",
            "%2Ehidden",
            "%2E",
            "%2E.",
            "%C3%A9",
            "50%25",
            "a%00b",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn a_long_name_is_cut_and_closed_with_its_digest() {
        let key = "x".repeat(201);
        let name = encode(&key).into_owned();
        assert_eq!(name, format!("{}~{}", "x".repeat(135), Digest::of(key.as_bytes())));
        assert_eq!(name.len(), 200);
        assert_eq!(decode(&name), Some(FileName::Cut(Digest::of(key.as_bytes()))));
    }

    #[test]
    fn a_name_of_anybody_elses_stands_for_nothing() {
        for name in ["", "a b", "%", "%2", "%zz", "%41", "%2e", "a~b", ".keepwell", "%FF", "%+1", "a%2f"] {
            assert_eq!(decode(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn a_file_name_is_legal_and_stands_for_its_key(key in ".{1,300}") {
            let name = encode(&key).into_owned();
            prop_assert!(name.len() <= 200);
            prop_assert!(!name.starts_with('.') && !name.contains('/') && name.is_ascii());
            let expected = if is_cut(&key) {
                FileName::Cut(Digest::of(key.as_bytes()))
            } else {
                FileName::Key(CacheKey::new(key.as_str()).unwrap())
            };
            prop_assert_eq!(decode(&name), Some(expected));
        }
    }
}
