//! The beginning of a record's value, as text. Never runs code: a pickle stays closed.

use keepwell_core::record::{Head, Place, SerializerName, open_payload};
use keepwell_core::storage::{FileSystemStorage, ObjectName, ResultStorage};
use keepwell_core::{Error, ErrorKind};

use super::diagnostic::diagnostic;
use crate::failure::Failure;
use crate::text::safe;

/// How many characters are shown.
const LIMIT: usize = 4_000;

/// Larger payloads are not opened for the sake of their beginning.
const LARGEST: u64 = 256 << 20;

/// The first characters of the value.
///
/// Fails if the payload is damaged, missing, too large or in another storage, or its serializer is not one that is
/// harmless to read.
pub(super) fn preview(storage: &FileSystemStorage, head: &Head) -> Result<String, Failure> {
    let serializer = &head.metadata.serializer;
    if ![SerializerName::CBOR, SerializerName::JSON].contains(serializer) {
        let message = format!("a value that `{serializer}` serialized is not opened here");
        return Err(Failure::advised(message, "read it with the program that wrote it"));
    }
    let payload = payload(storage, head)?;
    if *serializer == SerializerName::CBOR {
        return Ok(diagnostic(&payload, LIMIT).map_err(Error::from)?);
    }
    let text = String::from_utf8_lossy(&payload);
    let shown: String = text.chars().take(LIMIT).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    Ok(shown.lines().map(safe).collect::<Vec<_>>().join("\n") + more)
}

fn payload(
    storage: &FileSystemStorage,
    head: &Head,
) -> Result<impl AsRef<[u8]> + std::ops::Deref<Target = [u8]> + use<>, Failure> {
    if head.payload.stored_length.max(head.payload.plain_length) > LARGEST {
        return Err(Failure::refused("the value is too large to be opened here"));
    }
    let stored = match &head.payload.place {
        Place::Inline(stored) => stored.clone(),
        Place::Blob => {
            let name = ObjectName::Blob(head.payload.digest);
            let object = storage.get(&name, head.payload.stored_length)?;
            object.ok_or_else(|| Failure::refused("the value's file is missing"))?.bytes
        }
        Place::Reference => {
            return Err(Failure::advised(
                "the value is not in this folder but in the result storage",
                "it is the file of the same name there",
            ));
        }
    };
    open_payload(head, stored).map_err(|fault| Failure::Engine(Error::new(ErrorKind::Corrupt, fault.to_string())))
}
