//! Telling what never was a record (a plain result, somebody's file) from what is left of one.

use bytes::Bytes;

use crate::record::{HeadObject, MAGIC, inspect_head};

/// Whether the bytes at a key's name are none of a record, damaged or whole.
///
/// What a power cut leaves of a file is empty or begins with zeros; no serializer makes such a result. A record whose first
/// bytes alone are damaged is known by the rest.
pub(super) fn is_foreign(bytes: &Bytes) -> bool {
    let beginning = &bytes[..bytes.len().min(MAGIC.len())];
    let is_ours = MAGIC.starts_with(beginning) || beginning.iter().all(|byte| *byte == 0);
    !is_ours && !is_record_behind_its_magic(bytes)
}

fn is_record_behind_its_magic(bytes: &Bytes) -> bool {
    let Some(rest) = bytes.get(MAGIC.len()..) else { return false };
    let mended = HeadObject::inspect(&[&MAGIC, rest].concat().into());
    mended.is_ok_and(|head| head.records().all(|record| inspect_head(record).is_ok()))
}
