//! What a lock file says of its holder: for messages, never for a decision.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::time::Duration;

use crate::clock;
use crate::id::{Holder, host_name};
use crate::key::CacheKey;
use crate::lock::LockHolder;
use crate::storage::{escape, unescape};

/// The most bytes of a note that are read.
const LIMIT: u64 = 1 << 20;

/// Notes the holder in its file, and the key, which a name that is cut does not show.
pub(super) fn write(mut file: &File, key: &CacheKey, holder: &Holder) -> io::Result<()> {
    let (process, host, now) = (std::process::id(), host_name(), clock::of_process().now().as_millis());
    // The holder comes last: it may be any text.
    let key = escape(key.as_str());
    let note = format!("process {process}\nhost {host}\nsince {now}\nkey {key}\nholder {holder}");
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(note.as_bytes())
}

/// Whom the file names; somebody unknown where it does not say, since it is a file like any other.
pub(super) fn read(file: &File) -> LockHolder {
    parse(&text(file))
}

/// The key that the file is for, if it says so.
pub(super) fn key_in(file: &File) -> Option<CacheKey> {
    let text = text(file);
    let key = text.lines().find_map(|line| line.strip_prefix("key "))?;
    CacheKey::new(unescape(key)?).ok()
}

fn text(file: &File) -> String {
    let mut text = Vec::new();
    // What cannot be read is not said.
    let _ = file.take(LIMIT).read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

fn parse(text: &str) -> LockHolder {
    let (facts, holder) = text.split_once("\nholder ").unwrap_or((text, "somebody"));
    let fact = |name: &str| facts.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let since = fact("since").and_then(|since| since.parse().ok());
    let now = clock::of_process().now().as_millis();
    LockHolder {
        holder: Holder::new(holder),
        host: fact("host").map(str::to_owned),
        process: fact("process").and_then(|process| process.parse().ok()).unwrap_or(0),
        age: Duration::from_millis(since.map_or(0, |since| now.saturating_sub(since))),
        expires_in: None,
        waiters: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_names_its_holder_whatever_the_text() {
        let file = tempfile::tempfile().unwrap();
        for name in ["a much longer name than the next one", "one\nholder two"] {
            write(&file, &CacheKey::new("k\n").unwrap(), &Holder::new(name)).unwrap();
            (&file).rewind().unwrap();
            let noted = LockHolder { age: Duration::ZERO, ..read(&file) };
            assert_eq!(noted, LockHolder::here(Holder::new(name), Duration::ZERO));
            (&file).rewind().unwrap();
            assert_eq!(key_in(&file), CacheKey::new("k\n").ok());
        }
    }

    #[test]
    fn a_note_that_says_nothing_names_somebody() {
        for text in ["", "since soon", "\u{fffd}"] {
            assert_eq!(parse(text), LockHolder::unknown(), "{text}");
        }
        assert_eq!(parse("host elsewhere\nprocess 7\nholder x").host.as_deref(), Some("elsewhere"));
    }
}
