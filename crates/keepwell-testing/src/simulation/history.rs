//! What a reader would have seen at every moment, and whether it is what was promised.
//!
//! After each write that takes effect the history looks at the storage as a reader does whom nobody overtakes. A *moment*
//! is one such look. So it knows of every key which value it had when, and of every value when it appeared; what processes
//! are told, and what they read, is compared with that.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use keepwell_core::key::CacheKey;
use keepwell_core::record::{Compression, Namespace};
use keepwell_core::settings::OnStorageError;
use keepwell_core::storage::{Durability, ObjectName, ResultStorage};
use keepwell_core::store::{LookUp, MissReason, ResultStore, StoreOptions};
use parking_lot::Mutex;

use super::unwritable::Unwritable;
use super::world::World;
use crate::ManualClock;

/// The number of a value; every value is written by one body.
pub(super) type ValueId = usize;

/// How many looks there had been.
pub(super) type Moment = usize;

/// A value that some body returned.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) key: usize,
    /// The outermost transaction that it belongs to.
    pub(super) tree: usize,
    pub(super) is_serializable: bool,
    /// When its body began to run.
    pub(super) begun: Moment,
    /// The commit that is to make it visible.
    commit: Option<usize>,
    appeared: Option<Moment>,
    told: Option<Told>,
}

/// What a process was told about a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It is visible.
    Committed,
    /// It never will be.
    RolledBack,
}

/// What a commit makes visible together.
#[derive(Debug)]
struct Commit {
    values: BTreeMap<usize, ValueId>,
}

/// What every key was, and what every process was told.
#[derive(Debug)]
pub(super) struct History {
    keys: Vec<CacheKey>,
    store: ResultStore,
    past: Mutex<Past>,
}

#[derive(Debug, Default)]
struct Past {
    moment: Moment,
    /// Of every key, since when it has had which value.
    course: Vec<Vec<(Moment, Option<ValueId>)>>,
    values: Vec<Value>,
    commits: Vec<Commit>,
    /// How many removals of each key are under way or may come yet.
    removals: Vec<usize>,
    appeared: usize,
}

impl History {
    /// The history of these keys in this storage.
    pub(super) fn new(keys: Vec<CacheKey>, storage: &Arc<dyn ResultStorage>) -> Self {
        let course = vec![vec![(0, None)]; keys.len()];
        let past = Past { course, removals: vec![0; keys.len()], ..Past::default() };
        let store = ResultStore::new(StoreOptions {
            result_storage: Arc::new(Unwritable(Arc::clone(storage))),
            key_storage: None,
            lock_manager: None,
            memory: None,
            clock: Arc::new(ManualClock::default()),
            namespace: Namespace::DEFAULT,
            trust: None,
            compression: Compression::None,
            maps_payloads: false,
            durability: Durability::None,
            on_storage_error: OnStorageError::Raise,
            on_lease_lost: keepwell_core::lock::lease::OnLeaseLost::Cancel,
            lock_timeout: None,
        });
        Self { keys, store, past: Mutex::new(past) }
    }

    pub(super) fn keys(&self) -> &[CacheKey] {
        &self.keys
    }

    pub(super) fn moment(&self) -> Moment {
        self.past.lock().moment
    }

    /// How many values have become visible.
    pub(super) fn appeared(&self) -> usize {
        self.past.lock().appeared
    }

    /// A value that a body has returned.
    pub(super) fn add_value(&self, key: usize, tree: usize, is_serializable: bool, begun: Moment) -> ValueId {
        let mut past = self.past.lock();
        past.values.push(Value { key, tree, is_serializable, begun, commit: None, appeared: None, told: None });
        past.values.len() - 1
    }

    /// The bytes of a value: nothing but them is ever written under its key.
    pub(super) fn payload(&self, value: ValueId, size: usize) -> Bytes {
        let key = self.past.lock().values[value].key;
        let mut text = format!("{value} of {}.", self.keys[key]);
        while text.len() < size {
            let more = text.len().min(size - text.len());
            text.extend_from_within(..more);
        }
        text.into()
    }

    /// The value that these bytes are, if they are what was written under the key.
    fn recognise(&self, key: usize, payload: &[u8]) -> Option<ValueId> {
        let text = std::str::from_utf8(payload).ok()?;
        let value: ValueId = text.split(' ').next()?.parse().ok()?;
        let is_ours = self.past.lock().values.get(value).is_some_and(|value| value.key == key);
        (is_ours && self.payload(value, text.len()) == payload).then_some(value)
    }

    /// These values are about to be made visible together. Of several of one key, the last.
    pub(super) fn begin_commit(&self, values: &[ValueId]) {
        let mut past = self.past.lock();
        let number = past.commits.len();
        let mut commit = Commit { values: BTreeMap::new() };
        for value in values {
            let known = &mut past.values[*value];
            if known.told != Some(Told::RolledBack) {
                commit.values.insert(known.key, *value);
            }
        }
        commit.values.values().for_each(|value| past.values[*value].commit = Some(number));
        past.commits.push(commit);
    }

    /// A removal of the key begins; it may come at any time from now on.
    pub(super) fn begin_removal(&self, key: usize) {
        self.past.lock().removals[key] += 1;
    }

    /// Everything that the removal does is done.
    pub(super) fn end_removal(&self, key: usize) {
        self.past.lock().removals[key] -= 1;
    }

    /// Looks at what a write may have changed.
    pub(super) fn look_again(&self, world: &World, name: &ObjectName) {
        let changed: Vec<usize> = match name {
            ObjectName::Head(key) => self.keys.iter().position(|known| known == key).into_iter().collect(),
            ObjectName::Decision(_) => (0..self.keys.len()).collect(),
            ObjectName::Blob(_) | ObjectName::Lock(_) => return,
        };
        let seen: Vec<(usize, Option<ValueId>)> =
            changed.into_iter().filter_map(|key| Some((key, self.look(world, key)?))).collect();
        if let Some(violation) = self.past.lock().go_on(world, &self.keys, &seen) {
            world.violate(violation);
        }
    }

    /// The value of the key now. `None` if it is none that a reader may see, which has been said.
    fn look(&self, world: &World, key: usize) -> Option<Option<ValueId>> {
        match self.store.look_up(&self.keys[key]) {
            Ok(LookUp::Miss(MissReason::Absent)) => Some(None),
            Ok(LookUp::Hit { record, .. }) => {
                let value = self.recognise(key, &record.payload);
                if value.is_none() {
                    world.violate(format!("a reader of `{}` sees what nobody wrote there", self.keys[key]));
                }
                value.map(Some)
            }
            other => {
                world.violate(format!("a reader of `{}` sees no record: {other:?}", self.keys[key]));
                None
            }
        }
    }

    /// A process was told what became of a value.
    pub(super) fn told(&self, world: &World, value: ValueId, told: Told) {
        let mut past = self.past.lock();
        past.values[value].told = Some(told);
        let Value { commit, appeared, .. } = past.values[value];
        let violation = match (told, commit, appeared) {
            // Of several values of one key in a transaction, only the last is written.
            (Told::Committed, None, None) | (Told::Committed, _, Some(_)) | (Told::RolledBack, _, None) => return,
            (Told::Committed, Some(_), None) => format!("value {value} was acknowledged and is not visible"),
            (Told::RolledBack, _, Some(_)) => format!("value {value} was rolled back and is visible"),
        };
        drop(past);
        world.violate(violation);
    }

    /// A process has read the key, beginning at `since`.
    pub(super) fn has_read(
        &self,
        world: &World,
        key: usize,
        since: Moment,
        payload: Option<&[u8]>,
        tree: Option<usize>,
    ) {
        let value = match payload.map(|payload| self.recognise(key, payload)) {
            Some(None) => return world.violate(format!("`{}` was read with bytes that nobody wrote", self.keys[key])),
            Some(Some(value)) => Some(value),
            None => None,
        };
        world.tell(format_args!("has read `{}`: {value:?}", self.keys[key]));
        let past = self.past.lock();
        // What a transaction has staged is visible to itself.
        let is_own = value.is_some_and(|value| Some(past.values[value].tree) == tree);
        let was_so = past.since(key, since).any(|had| had == value);
        drop(past);
        if !is_own && !was_so {
            world.violate(format!(
                "`{}` was read as {value:?}, which it was at no time since the read began",
                self.keys[key]
            ));
        }
    }

    /// A process has asked whether there is a record, beginning at `since`.
    pub(super) fn has_asked(&self, world: &World, key: usize, since: Moment, is_there: bool) {
        world.tell(format_args!("has asked for `{}`: {is_there}", self.keys[key]));
        if !self.past.lock().since(key, since).any(|had| had.is_some() == is_there) {
            world.violate(format!("of `{}` it was said that it is {is_there} that there is one", self.keys[key]));
        }
    }
}

impl Past {
    fn now(&self, key: usize) -> Option<ValueId> {
        self.course[key].last().expect("it begins with nothing").1
    }

    /// What the key has been since then, the latest first.
    fn since(&self, key: usize, since: Moment) -> impl Iterator<Item = Option<ValueId>> {
        let course = &self.course[key];
        let first = course.iter().rposition(|(began, _)| *began <= since).expect("it begins with nothing");
        course[first..].iter().rev().map(|(_, value)| *value)
    }

    /// Takes note of what the keys are now. Says what is wrong with it, if anything is.
    fn go_on(&mut self, world: &World, keys: &[CacheKey], seen: &[(usize, Option<ValueId>)]) -> Option<String> {
        self.moment += 1;
        let changes: Vec<_> = seen.iter().copied().filter(|(key, value)| self.now(*key) != *value).collect();
        for (key, value) in &changes {
            let before = self.now(*key);
            world.tell(format_args!("    `{}`: {before:?} → {value:?}", keys[*key]));
            self.course[*key].push((self.moment, *value));
            let violation = match *value {
                Some(value) => self.appear(value),
                None if self.removals[*key] > 0 => None,
                None => Some(format!("value {before:?} of `{}` is lost", keys[*key])),
            };
            if violation.is_some() {
                return violation;
            }
        }
        changes.iter().find_map(|(_, value)| self.is_whole((*value)?))
    }

    fn appear(&mut self, value: ValueId) -> Option<String> {
        let moment = self.moment;
        let Value { key, tree, is_serializable, begun, told, commit, appeared } = self.values[value];
        if appeared.is_some() {
            return Some(format!("value {value} is visible again after it had been replaced"));
        }
        if told == Some(Told::RolledBack) {
            return Some(format!("value {value} had been rolled back and becomes visible"));
        }
        if commit.is_none() {
            return Some(format!("value {value} becomes visible and nobody has committed it"));
        }
        self.values[value].appeared = Some(moment);
        self.appeared += 1;
        let overtakes = |other: &&Value| {
            other.key == key && other.is_serializable && other.tree != tree && other.appeared > Some(begun)
        };
        let overtaken = self.values.iter().find(|other| overtakes(other) && other.appeared < Some(moment));
        overtaken.filter(|_| is_serializable).map(|other| {
            format!("value {value} is serializable, and another one appeared while its body ran: that of {other:?}")
        })
    }

    /// Whether everything of the value's commit became visible at this moment.
    fn is_whole(&self, value: ValueId) -> Option<String> {
        let commit = &self.commits[self.values[value].commit?];
        let missing = commit.values.values().find(|other| self.values[**other].appeared != Some(self.moment))?;
        Some(format!("value {value} became visible without value {missing} of the same transaction"))
    }
}
