//! What was seen of others' locks, and since when by this process's own clock. No clock of another machine is believed.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;

use crate::key::{CacheKey, Digest};

/// How many are kept before those of locks that nobody waits for are forgotten.
const MANY: usize = 1024;
/// Nobody who waits leaves a lock unseen for so long.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(10);

/// What was seen of others' locks.
#[derive(Debug, Default)]
pub(super) struct Sightings(Mutex<HashMap<CacheKey, Sighting>>);

#[derive(Debug)]
struct Sighting {
    content: Digest,
    since: Duration,
    last: Duration,
}

impl Sightings {
    /// Takes note that the key's lock has this content now, and says since when it is known to have had it.
    pub(super) fn note(&self, key: &CacheKey, content: Digest, now: Duration) -> Duration {
        let mut seen = self.0.lock();
        if let Some(sighting) = seen.get_mut(key).filter(|sighting| sighting.content == content) {
            sighting.last = now;
            return sighting.since;
        }
        if seen.len() >= MANY {
            seen.retain(|_, sighting| now.saturating_sub(sighting.last) < FORGOTTEN_AFTER);
        }
        seen.insert(key.clone(), Sighting { content, since: now, last: now });
        now
    }

    /// Forgets a lock that is free, or this process's own.
    pub(super) fn forget(&self, key: &CacheKey) {
        self.0.lock().remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_content_is_known_since_it_was_first_seen_and_no_longer_than_it_stays() {
        let sightings = Sightings::default();
        let [key, other] = ["a", "b"].map(|key| CacheKey::new(key).unwrap());
        let [one, two] = [b"1", b"2"].map(|content| Digest::of(content));
        assert_eq!(sightings.note(&key, one, SECOND), SECOND);
        assert_eq!(sightings.note(&other, one, 2 * SECOND), 2 * SECOND);
        assert_eq!(sightings.note(&key, one, 3 * SECOND), SECOND);
        assert_eq!(sightings.note(&key, two, 4 * SECOND), 4 * SECOND);
        assert_eq!(sightings.note(&key, one, 5 * SECOND), 5 * SECOND);
        sightings.forget(&key);
        assert_eq!(sightings.note(&key, one, 6 * SECOND), 6 * SECOND);
    }

    #[test]
    fn locks_that_nobody_looks_at_any_more_are_forgotten() {
        let sightings = Sightings::default();
        for number in 0..=MANY {
            sightings.note(&CacheKey::new(number.to_string()).unwrap(), Digest::of(b"1"), FORGOTTEN_AFTER * 2);
        }
        assert_eq!(sightings.0.lock().len(), MANY + 1);
        sightings.note(&CacheKey::new("new").unwrap(), Digest::of(b"1"), FORGOTTEN_AFTER * 3);
        assert_eq!(sightings.0.lock().len(), 1);
    }
}
