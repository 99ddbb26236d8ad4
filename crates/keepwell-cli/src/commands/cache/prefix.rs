//! Which record a user means by the beginning of a key.

use super::entry::Entry;
use crate::failure::Failure;
use crate::text::{count, safe, short};

/// How many keys a refusal lists.
const CANDIDATES: usize = 10;

/// The entry of this key, or the only one whose key begins so.
pub(super) fn find<'a>(entries: &'a [Entry], text: &str) -> Result<&'a Entry, Failure> {
    if let Some(entry) = entries.iter().find(|entry| entry.key.as_str() == text) {
        return Ok(entry);
    }
    let matching: Vec<_> = entries.iter().filter(|entry| entry.key.as_str().starts_with(text)).collect();
    match matching.as_slice() {
        [entry] => Ok(entry),
        [] => {
            let message = format!("no key begins with '{}'", safe(text));
            Err(Failure::advised(message, "`keepwell cache ls` lists the records"))
        }
        several => Err(ambiguous(text, several)),
    }
}

fn ambiguous(text: &str, entries: &[&Entry]) -> Failure {
    let mut keys: Vec<_> = entries.iter().map(|entry| entry.key.as_str()).collect();
    keys.sort_unstable();
    let mut listed: Vec<_> = keys.iter().take(CANDIDATES).map(|key| format!("'{}'", short(key))).collect();
    if keys.len() > CANDIDATES {
        listed.push(format!("{} more", keys.len() - CANDIDATES));
    }
    let message = format!("'{}' is the beginning of {}", safe(text), count(keys.len(), "key"));
    Failure::advised(message, format!("write more of it: {}", listed.join(", ")))
}
