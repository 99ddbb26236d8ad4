//! Which of several things a user means by the beginning of its key.

use keepwell_core::key::CacheKey;

use crate::failure::Failure;
use crate::text::{count, safe, short};

/// How many keys a refusal lists.
const CANDIDATES: usize = 10;

/// Something that has a key.
pub(crate) trait Keyed {
    /// Where a user finds out which there are.
    const LISTED_BY: &'static str;

    fn key(&self) -> &CacheKey;
}

/// The one of this key, or the only one whose key begins so.
pub(crate) fn find<'a, T: Keyed>(all: &'a [T], text: &str) -> Result<&'a T, Failure> {
    if let Some(found) = all.iter().find(|one| one.key().as_str() == text) {
        return Ok(found);
    }
    let matching: Vec<_> = all.iter().filter(|one| one.key().as_str().starts_with(text)).collect();
    match matching.as_slice() {
        [found] => Ok(found),
        [] => Err(Failure::advised(format!("no key begins with '{}'", safe(text)), T::LISTED_BY)),
        several => Err(ambiguous(text, several.iter().map(|one| one.key().as_str()).collect())),
    }
}

fn ambiguous(text: &str, mut keys: Vec<&str>) -> Failure {
    keys.sort_unstable();
    let mut listed: Vec<_> = keys.iter().take(CANDIDATES).map(|key| format!("'{}'", short(key))).collect();
    if keys.len() > CANDIDATES {
        listed.push(format!("{} more", keys.len() - CANDIDATES));
    }
    let message = format!("'{}' is the beginning of {}", safe(text), count(keys.len(), "key"));
    Failure::advised(message, format!("write more of it: {}", listed.join(", ")))
}
