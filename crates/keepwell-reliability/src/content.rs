//! Payloads that say which operation wrote them, and under which key, in such a way that half a payload, or two halves, show.

use bytes::Bytes;

use crate::chance::Chance;

/// The operation that wrote a payload. No two operations of a run have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Tag(pub(crate) u64);

const DIGITS: usize = 16;

/// The payload of at least 16 bytes that the operation writes under the key.
pub(crate) fn payload(tag: Tag, key: usize, length: usize) -> Bytes {
    let mut bytes = format!("{:0DIGITS$x}", tag.0).into_bytes();
    let mut pattern = Chance::for_purpose(tag.0, key as u64);
    while bytes.len() < length {
        bytes.extend_from_slice(&pattern.next().to_le_bytes());
    }
    bytes.truncate(length.max(DIGITS));
    Bytes::from(bytes)
}

/// Whose payload it is; an error where nobody wrote these bytes under this key.
pub(crate) fn tag_of(bytes: &[u8], key: usize) -> Result<Tag, String> {
    let digits = bytes.get(..DIGITS).and_then(|digits| str::from_utf8(digits).ok());
    let tag = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok()).map(Tag);
    match tag {
        Some(tag) if payload(tag, key, bytes.len()) == bytes => Ok(tag),
        Some(tag) => {
            Err(format!("{} bytes that begin as those of operation {:x} do and go on otherwise", bytes.len(), tag.0))
        }
        None => Err(format!("{} bytes that no operation writes", bytes.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_known_by_its_bytes_and_any_other_is_not() {
        let whole = payload(Tag(77), 3, 1000);
        assert_eq!(tag_of(&whole, 3), Ok(Tag(77)));
        assert!(tag_of(&whole, 4).is_err());
        assert!(tag_of(b"short", 3).is_err());
        let mut torn = whole.to_vec();
        torn[500..].fill(0);
        assert!(tag_of(&torn, 3).is_err());
    }
}
