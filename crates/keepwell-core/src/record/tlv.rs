//! Tag, length, value: the open-ended part of a header. What the tags mean is left to [`super::provenance`].

use super::RecordFault;
use super::fields::Fields;

/// A tag with this bit set must be understood by whoever serves the record.
pub(super) const CRITICAL: u16 = 0x8000;

/// Bytes before an entry's value: tag and length.
pub(super) const OVERHEAD: usize = 4;

/// The entries of a TLV area, in order; ends after the first error.
pub(super) struct Entries<'a>(Fields<'a>);

impl<'a> Entries<'a> {
    pub(super) fn new(area: &'a [u8]) -> Self {
        Self(Fields::new(area, "header"))
    }

    fn entry(&mut self) -> Result<(u16, &'a [u8]), RecordFault> {
        let (tag, length) = (self.0.u16()?, self.0.u16()?);
        Ok((tag, self.0.slice(usize::from(length))?))
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<(u16, &'a [u8]), RecordFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.rest().is_empty() {
            return None;
        }
        let entry = self.entry();
        if entry.is_err() {
            self.0 = Fields::new(&[], "header");
        }
        Some(entry)
    }
}

/// Checks that the area is well formed and holds nothing that must be understood and is not: this version knows no
/// critical tag.
pub(super) fn check(area: &[u8]) -> Result<(), RecordFault> {
    Entries::new(area).try_for_each(|entry| match entry? {
        (tag, _) if tag & CRITICAL != 0 => Err(RecordFault::UnknownCritical { field: "tag", value: tag }),
        _ => Ok(()),
    })
}

/// Appends an entry, unless the area would then be longer than `limit`. Says whether it did.
pub(super) fn append(area: &mut Vec<u8>, limit: usize, tag: u16, value: &[&[u8]]) -> bool {
    let length = value.iter().map(|piece| piece.len()).sum::<usize>();
    let Some(encoded_length) = u16::try_from(length).ok().filter(|_| area.len() + OVERHEAD + length <= limit) else {
        return false;
    };
    area.extend_from_slice(&tag.to_le_bytes());
    area.extend_from_slice(&encoded_length.to_le_bytes());
    value.iter().for_each(|piece| area.extend_from_slice(piece));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back_in_order() {
        let mut area = Vec::new();
        assert!(append(&mut area, 100, 7, &[b"ab", b"c"]));
        assert!(append(&mut area, 100, 3, &[]));
        let entries: Vec<_> = Entries::new(&area).collect();
        assert_eq!(entries, [Ok((7, &b"abc"[..])), Ok((3, &b""[..]))]);
    }

    #[test]
    fn an_entry_that_does_not_fit_changes_nothing() {
        let mut area = Vec::new();
        let fitted = [append(&mut area, 6, 1, &[b"abc"]), append(&mut area, 6, 1, &[b"ab"])];
        assert_eq!((fitted, area), ([false, true], vec![1, 0, 2, 0, b'a', b'b']));
    }

    #[test]
    fn an_unknown_critical_tag_is_told_from_damage_and_from_an_optional_one() {
        assert_eq!(check(&[0xff, 0x7f, 0, 0]), Ok(()));
        assert_eq!(check(&[1, 0x80, 0, 0]), Err(RecordFault::UnknownCritical { field: "tag", value: 0x8001 }));
        assert_eq!(check(&[1, 0, 1, 0]), Err(RecordFault::Corrupt { what: "header" }));
        assert_eq!(check(&[1]), Err(RecordFault::Corrupt { what: "header" }));
    }
}
