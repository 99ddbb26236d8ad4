//! Recent records in memory, so that a repeated hit reads no file.
//!
//! The layer never decides what is current: whoever takes a record from it compares the identities of the files that it
//! was read from with what they are now. It is bounded by bytes and keeps what is used again, so that a scan over many
//! records does not drive out the few that matter: the eviction policy is S3-FIFO (Yang et al., "FIFO queues are all you
//! need for cache eviction", SOSP 2023) as the `quick_cache` crate implements it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::clock::Timestamp;
use crate::key::CacheKey;
use crate::record::ResultRecord;
use crate::storage::FileIdentity;

/// How long after a write the file system's clock may still stand still, so that another write would not show.
const CLOCK_TICK: Duration = Duration::from_millis(20);

/// What an entry takes beside its payload, roughly: key, metadata, provenance, the cache's own book-keeping.
const OVERHEAD: u64 = 512;

/// Recent records in memory. Shared by all stores of a process.
pub struct MemoryLayer {
    cache: Option<Cache<Slot, Arc<Remembered>, ByBytes>>,
}

/// A key in a place.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Slot {
    place: Arc<str>,
    key: CacheKey,
}

/// A record and the files that it was read from.
#[derive(Debug)]
pub(super) struct Remembered {
    pub(super) record: ResultRecord,
    pub(super) identities: Identities,
}

/// The files that a record was read from: its head, and the plain result if that is a file of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identities {
    pub(super) head: FileIdentity,
    pub(super) result: Option<FileIdentity>,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Slot, Arc<Remembered>> for ByBytes {
    fn weight(&self, _: &Slot, remembered: &Arc<Remembered>) -> u64 {
        OVERHEAD + remembered.record.payload.len() as u64
    }
}

impl MemoryLayer {
    /// A layer of at most `limit` bytes; with 0 bytes it keeps nothing.
    pub fn new(limit: u64) -> Self {
        let entries = usize::try_from(limit / (4 * OVERHEAD)).unwrap_or(usize::MAX).clamp(16, 1 << 20);
        Self { cache: (limit > 0).then(|| Cache::with_weighter(entries, limit, ByBytes)) }
    }

    /// How many bytes it holds.
    pub fn size(&self) -> u64 {
        self.cache.as_ref().map_or(0, Cache::weight)
    }

    pub(super) fn get(&self, place: &Arc<str>, key: &CacheKey) -> Option<Arc<Remembered>> {
        self.cache.as_ref()?.get(&Slot { place: Arc::clone(place), key: key.clone() })
    }

    pub(super) fn put(&self, place: &Arc<str>, remembered: Remembered) {
        if let Some(cache) = &self.cache {
            let key = remembered.record.metadata.key.clone();
            cache.insert(Slot { place: Arc::clone(place), key }, Arc::new(remembered));
        }
    }
}

impl Identities {
    /// Whether the last change is so long ago that another one must have shown.
    pub(super) fn have_settled(&self, now: Timestamp) -> bool {
        let settled = |identity: &FileIdentity| {
            let changed = u64::try_from(identity.changed / 1_000_000).unwrap_or(u64::MAX);
            Timestamp::from_millis(changed).after(CLOCK_TICK) < now
        };
        settled(&self.head) && self.result.as_ref().is_none_or(settled)
    }
}

impl fmt::Debug for MemoryLayer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MemoryLayer({} bytes)", self.size())
    }
}
