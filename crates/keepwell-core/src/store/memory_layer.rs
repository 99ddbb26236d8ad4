//! Recent records in memory, so that a repeated hit reads no file.
//!
//! The layer never decides what is current: whoever takes a record from it compares the identities of the files that it
//! was read from with what they are now. It is bounded by bytes and keeps what is used again, so that a scan over many
//! records does not drive out the few that matter: the eviction policy is the `quick_cache` crate's variant of Clock-PRO
//! (Jiang et al., USENIX 2005), akin to S3-FIFO (Yang et al., SOSP 2023).

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

use crate::clock::Timestamp;
use crate::key::CacheKey;
use crate::record::{ResultRecord, SignatureId};
use crate::storage::{FileIdentity, ObjectName, ObjectWatch, ResultStorage};

/// How long after a write the file system's clock may still stand still, so that another write would not show.
const CLOCK_TICK: Duration = Duration::from_millis(20);

/// What an entry takes beside the bytes that were read, roughly: the key, the metadata's fields, the cache's own
/// book-keeping.
const OVERHEAD: u64 = 512;

/// Each part of the layer with a lock of its own has about this many bytes: a record may be almost as large as its part,
/// and a scan must find room beside what is used again.
const SHARD: u64 = 32 << 20;

/// How much of the layer is for what is used again. The rest must hold several records, or a scan would drive that out.
const HOT: f64 = 0.9;

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
    pub(super) record: Arc<ResultRecord>,
    /// Whose signature it has, if that was verified.
    pub(super) signed_by: Option<SignatureId>,
    pub(super) identities: Identities,
    /// The head's file, held open once the record has been used again. Not for a result in a file of its own.
    watch: OnceLock<Option<Box<dyn ObjectWatch>>>,
    /// How many bytes the entry keeps from being freed.
    weight: u64,
}

impl Remembered {
    /// A record that was read from this head, all of which it keeps: metadata and an inline payload are slices of it.
    pub(super) fn new(
        record: Arc<ResultRecord>,
        signed_by: Option<SignatureId>,
        identities: Identities,
        head: &[u8],
    ) -> Self {
        let is_slice = head.as_ptr_range().contains(&record.payload.as_ptr());
        let payload_length = if is_slice { 0 } else { record.payload.len() };
        let length = record.metadata.key.as_str().len() + head.len() + payload_length;
        Self { record, signed_by, identities, watch: OnceLock::new(), weight: OVERHEAD + length as u64 }
    }

    /// Whether the files that the record was read from are still the same, by their names in `heads` and `results` the
    /// first time, afterwards by the file held open if there is one.
    pub(super) fn is_current(&self, name: &ObjectName, heads: &dyn ResultStorage, results: &dyn ResultStorage) -> bool {
        if let Some(Some(watch)) = self.watch.get() {
            return watch.is_unchanged();
        }
        let is_same = |storage: &dyn ResultStorage, identity: &FileIdentity| {
            storage.identity(name).is_ok_and(|found| found.as_ref() == Some(identity))
        };
        let Identities { head, result } = &self.identities;
        let is_current = is_same(heads, head) && result.as_ref().is_none_or(|result| is_same(results, result));
        if is_current && result.is_none() {
            self.watch.get_or_init(|| heads.watch(name, head));
        }
        is_current
    }
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
        remembered.weight
    }
}

impl MemoryLayer {
    /// A layer of at most `limit` bytes; with 0 bytes it keeps nothing.
    pub fn new(limit: u64) -> Self {
        Self { cache: (limit > 0).then(|| bounded(limit)) }
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

fn bounded(limit: u64) -> Cache<Slot, Arc<Remembered>, ByBytes> {
    let at_most = |number: u64, most: u64| usize::try_from(number.clamp(1, most)).expect("the most fits");
    let options = OptionsBuilder::new()
        .weight_capacity(limit)
        .estimated_items_capacity(at_most(limit / (4 * OVERHEAD), 1 << 20))
        .shards(at_most(limit / SHARD, 16))
        .hot_allocation(HOT)
        .build()
        .expect("every option that is required is set");
    Cache::with_options(options, ByBytes, DefaultHashBuilder::default(), DefaultLifecycle::default())
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
