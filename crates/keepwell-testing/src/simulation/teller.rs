//! Plays what a process does, through the engine, as a front end would.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use keepwell_core::clock::Clock;
use keepwell_core::hook::{Hook, HookMoment};
use keepwell_core::key::CacheKey;
use keepwell_core::record::{Compression, Namespace};
use keepwell_core::settings::OnStorageError;
use keepwell_core::storage::{Durability, ResultStorage};
use keepwell_core::store::{LookUp, MissReason, ResultStore, StoreOptions};

use super::clock::SimulatedClock;
use super::history::{History, Told};
use super::locks::{LockTable, SimulatedLockManager};
use super::story::Item;
use super::world::World;

/// When decisions may be collected that were made before.
const LONG_AFTER: Duration = Duration::from_secs(61 * 60);

/// One process at work.
pub(super) struct Teller {
    pub(super) world: Arc<World>,
    pub(super) history: Arc<History>,
    pub(super) clock: Arc<SimulatedClock>,
    pub(super) store: Arc<ResultStore>,
    /// Which thing it does: whatever runs inside belongs to one tree of transactions.
    pub(super) tree: usize,
}

impl Teller {
    /// A process of this world, with a store, a clock and a way to the locks of its own.
    pub(super) fn new(
        world: &Arc<World>,
        history: &Arc<History>,
        storage: Arc<dyn ResultStorage>,
        locks: &Arc<LockTable>,
    ) -> Self {
        let clock = Arc::new(SimulatedClock::new(world));
        let manager = SimulatedLockManager::new(world, locks, &clock);
        let store = Arc::new(ResultStore::new(StoreOptions {
            result_storage: storage,
            key_storage: None,
            lock_manager: Some(Arc::new(manager)),
            memory: None,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            namespace: Namespace::DEFAULT,
            trust: None,
            compression: Compression::None,
            maps_payloads: false,
            durability: Durability::Ordered,
            on_storage_error: OnStorageError::Run,
            on_lease_lost: keepwell_core::lock::lease::OnLeaseLost::Cancel,
            lock_timeout: Some(Duration::from_secs(60)),
        }));
        Self { world: Arc::clone(world), history: Arc::clone(history), clock, store, tree: 0 }
    }

    /// Does one thing, in a tree of this number.
    pub(super) fn play(&mut self, item: &Item, tree: usize) {
        self.tree = tree;
        match item {
            Item::Task(..) | Item::Block(..) => {
                self.run(item, None, &mut Vec::new());
            }
            Item::Read(keys, times) => {
                for _ in 0..*times {
                    keys.iter().for_each(|key| self.read(*key));
                }
            }
            Item::Ask(key) => self.ask(*key),
            Item::Remove(key) => self.remove(*key),
            Item::Rest(duration) => self.clock.sleep(*duration),
            Item::Collect => self.collect(),
        }
    }

    pub(super) fn key(&self, key: usize) -> &CacheKey {
        &self.history.keys()[key]
    }

    fn read(&self, key: usize) {
        let since = self.history.moment();
        match self.store.look_up(self.key(key)) {
            Ok(LookUp::Hit { record, .. }) => {
                self.history.has_read(&self.world, key, since, Some(&record.payload), None);
            }
            Ok(LookUp::Miss(MissReason::Absent)) => self.history.has_read(&self.world, key, since, None, None),
            Ok(LookUp::Miss(reason)) => self.world.violate(format!("`{}` is a miss: {reason}", self.key(key))),
            Err(error) => self.world.tell(format_args!("cannot read `{}`: {}", self.key(key), error.report())),
        }
    }

    fn ask(&self, key: usize) {
        let since = self.history.moment();
        match self.store.exists(self.key(key)) {
            Ok(is_there) => self.history.has_asked(&self.world, key, since, is_there),
            Err(error) => self.world.tell(format_args!("cannot ask for `{}`: {}", self.key(key), error.report())),
        }
    }

    fn remove(&self, key: usize) {
        self.world.tell(format_args!("removes `{}`", self.key(key)));
        self.history.begin_removal(key);
        let outcome = self.store.remove(self.key(key));
        // One that nobody answered may come yet.
        if outcome.is_ok() {
            self.history.end_removal(key);
        }
        self.world.tell(format_args!("has removed `{}`: {outcome:?}", self.key(key)));
    }

    fn collect(&self) {
        self.clock.sleep(LONG_AFTER);
        let collected = self.store.collect_decisions();
        self.world.tell(format_args!("has collected: {collected:?}"));
    }

    /// Takes note of what a hook says about the value that it is for.
    pub(super) fn hear(&self, hook: &Hook, moment: &HookMoment) {
        let Some(value) = hook.handle.downcast_ref::<AtomicUsize>().map(|value| value.load(Ordering::Relaxed)) else {
            return;
        };
        let told = match moment {
            HookMoment::Committed(_) => Told::Committed,
            HookMoment::RolledBack(_) => Told::RolledBack,
            HookMoment::Entered(_) => return,
        };
        if value != NO_VALUE && !self.world.is_dead() {
            self.world.tell(format_args!("hears that value {value} is {told:?}"));
            self.history.told(&self.world, value, told);
        }
    }
}

/// In place of a value's number, where there is none.
pub(super) const NO_VALUE: usize = usize::MAX;

/// A hook that says what became of the value whose number is in the slot by then.
pub(super) fn hook(slot: &Arc<AtomicUsize>) -> Hook {
    Hook::new("tell", Arc::clone(slot) as _)
}
