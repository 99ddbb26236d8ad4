//! The suite finds storages that break the contract, each by the clauses that it breaks.

use std::collections::HashMap;

use bytes::Bytes;
use keepwell_core::key::CacheKey;
use keepwell_core::record::StoreId;
use keepwell_core::storage::{
    Durability, FileIdentity, MemoryStorage, Object, ObjectKind, ObjectName, ResultStorage, StorageFault, Version,
};
use keepwell_testing::storage::conformance::run_all;
use parking_lot::Mutex;

/// What is wrong with a storage.
#[derive(Clone, Copy, Debug)]
enum Mistake {
    CreateOverwrites,
    CreateChecksThenWrites,
    SwapIgnoresVersions,
    SwapCreates,
    GetIsStale,
    GetIsAlwaysEmptyWhereAbsent,
    GetIgnoresItsLimit,
    NamesIgnoreCase,
    NamesAreCut,
    RemoveIgnoresVersions,
    RemoveAlwaysFindsOne,
    ListForgetsOne,
    ListMixesKinds,
    QuarantineDoesNothing,
    QuarantineIgnoresVersions,
    VersionsRepeat,
}

#[derive(Debug)]
struct WrongStorage {
    mistake: Mistake,
    storage: MemoryStorage,
    first_read: Mutex<HashMap<ObjectName, Object>>,
}

impl WrongStorage {
    fn new(mistake: Mistake) -> Self {
        Self { mistake, storage: MemoryStorage::new(), first_read: Mutex::default() }
    }

    fn name(&self, name: &ObjectName) -> ObjectName {
        match (self.mistake, name) {
            (Mistake::NamesIgnoreCase, ObjectName::Head(key)) => renamed(&key.as_str().to_lowercase()),
            (Mistake::NamesAreCut, ObjectName::Head(key)) => {
                renamed(&key.as_str().chars().take(200).collect::<String>())
            }
            _ => name.clone(),
        }
    }

    fn current(&self, name: &ObjectName) -> Option<Version> {
        self.storage.get(name, u64::MAX).unwrap().map(|object| object.version())
    }
}

fn renamed(key: &str) -> ObjectName {
    ObjectName::Head(CacheKey::new(key).unwrap())
}

impl ResultStorage for WrongStorage {
    fn location(&self) -> String {
        self.storage.location()
    }

    fn id(&self) -> Result<Option<StoreId>, StorageFault> {
        self.storage.id()
    }

    fn make(&self) -> Result<StoreId, StorageFault> {
        self.storage.make()
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Option<Object>, StorageFault> {
        let name = self.name(name);
        match self.mistake {
            Mistake::GetIgnoresItsLimit => self.storage.get(&name, u64::MAX),
            Mistake::GetIsStale => {
                let Some(object) = self.storage.get(&name, limit)? else { return Ok(None) };
                Ok(Some(self.first_read.lock().entry(name).or_insert(object).clone()))
            }
            Mistake::GetIsAlwaysEmptyWhereAbsent => {
                let found = self.storage.get(&name, limit)?;
                Ok(found.or(Some(Object::of(Bytes::new()))))
            }
            Mistake::VersionsRepeat => {
                let found = self.storage.get(&name, limit)?;
                Ok(found.map(|object| Object { tag: Some(object.bytes.len().to_string().into()), ..object }))
            }
            _ => self.storage.get(&name, limit),
        }
    }

    fn identity(&self, name: &ObjectName) -> Result<Option<FileIdentity>, StorageFault> {
        self.storage.identity(name)
    }

    fn create(&self, name: &ObjectName, bytes: Bytes, durability: Durability) -> Result<(), StorageFault> {
        let name = self.name(name);
        match self.mistake {
            Mistake::CreateOverwrites => self.storage.put(&name, bytes, durability),
            Mistake::CreateChecksThenWrites => {
                if self.current(&name).is_some() {
                    return Err(StorageFault::Precondition);
                }
                std::thread::yield_now();
                self.storage.put(&name, bytes, durability)
            }
            _ => self.storage.create(&name, bytes, durability),
        }
    }

    fn swap(
        &self,
        name: &ObjectName,
        bytes: Bytes,
        expected: &Version,
        durability: Durability,
    ) -> Result<(), StorageFault> {
        let name = self.name(name);
        match (self.mistake, self.current(&name)) {
            (Mistake::SwapIgnoresVersions, Some(current)) => self.storage.swap(&name, bytes, &current, durability),
            (Mistake::SwapCreates, None) => self.storage.put(&name, bytes, durability),
            (Mistake::VersionsRepeat, Some(current)) => {
                let size = self.storage.get(&name, u64::MAX)?.map(|object| object.bytes.len().to_string());
                if size.map(|size| Version::Tag(size.into())).as_ref() != Some(expected) {
                    return Err(StorageFault::Precondition);
                }
                self.storage.swap(&name, bytes, &current, durability)
            }
            _ => self.storage.swap(&name, bytes, expected, durability),
        }
    }

    fn put(&self, name: &ObjectName, bytes: Bytes, durability: Durability) -> Result<(), StorageFault> {
        self.storage.put(&self.name(name), bytes, durability)
    }

    fn remove(&self, name: &ObjectName, expected: Option<&Version>) -> Result<bool, StorageFault> {
        let name = self.name(name);
        match self.mistake {
            Mistake::RemoveIgnoresVersions => self.storage.remove(&name, None),
            Mistake::RemoveAlwaysFindsOne => self.storage.remove(&name, expected).map(|_| true),
            _ => self.storage.remove(&name, expected),
        }
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<ObjectName>, StorageFault> {
        let mut names = self.storage.list(kind)?;
        match self.mistake {
            Mistake::ListForgetsOne => drop(names.pop()),
            Mistake::ListMixesKinds => names.extend(self.storage.list(ObjectKind::Blob)?),
            _ => {}
        }
        Ok(names)
    }

    fn quarantine(&self, name: &ObjectName, version: &Version) -> Result<(), StorageFault> {
        let name = self.name(name);
        match self.mistake {
            Mistake::QuarantineDoesNothing => Ok(()),
            Mistake::QuarantineIgnoresVersions => self.storage.remove(&name, None).map(|_| ()),
            _ => self.storage.quarantine(&name, version),
        }
    }
}

/// Runs the suite on a storage with this mistake, and expects that clause among the broken ones.
fn assert_caught(mistake: Mistake, clause: &str) {
    let report = run_all(|| WrongStorage::new(mistake));
    assert!(report.broken().contains(&clause), "{mistake:?} was not caught by {clause}\n{report}");
}

macro_rules! caught {
    ($($mistake:ident by $clause:ident as $test:ident)*) => {
        $(
            #[test]
            fn $test() {
                assert_caught(Mistake::$mistake, stringify!($clause));
            }
        )*
    };
}

caught! {
    CreateOverwrites by create_succeeds_only_where_nothing_is as a_create_that_overwrites_is_caught
    CreateChecksThenWrites by one_of_many_racing_creators_wins as a_create_that_checks_and_then_writes_is_caught
    SwapIgnoresVersions by swap_succeeds_only_at_the_expected_version as a_swap_that_ignores_versions_is_caught
    SwapCreates by swap_of_an_absent_object_fails as a_swap_that_creates_is_caught
    GetIsStale by put_replaces_what_is_there as a_stale_read_is_caught
    GetIsAlwaysEmptyWhereAbsent by an_absent_object_is_none_and_not_a_failure as absence_read_as_an_empty_object_is_caught
    GetIgnoresItsLimit by an_object_over_the_limit_is_refused as a_read_without_a_limit_is_caught
    NamesIgnoreCase by names_of_every_shape_are_objects_of_their_own as names_without_case_are_caught
    NamesAreCut by names_of_every_shape_are_objects_of_their_own as names_that_are_cut_are_caught
    RemoveIgnoresVersions by removal_at_another_version_changes_nothing as a_removal_that_ignores_versions_is_caught
    RemoveAlwaysFindsOne by removal_says_whether_there_was_an_object as a_removal_that_lies_is_caught
    ListForgetsOne by a_list_names_every_object_of_its_kind_and_no_other as a_list_that_forgets_is_caught
    ListMixesKinds by a_list_names_every_object_of_its_kind_and_no_other as a_list_that_mixes_kinds_is_caught
    QuarantineDoesNothing by a_quarantined_object_is_out_of_the_way as a_quarantine_without_effect_is_caught
    QuarantineIgnoresVersions by quarantine_at_another_version_does_nothing as a_quarantine_that_ignores_versions_is_caught
    VersionsRepeat by a_version_that_was_replaced_never_comes_back as a_version_that_comes_back_is_caught
}

#[test]
fn a_report_names_each_clause_and_what_broke_it() {
    let report = run_all(|| WrongStorage::new(Mistake::ListForgetsOne));
    assert_eq!(report.outcomes.len(), 28);
    let text = report.to_string();
    assert!(text.contains("kept    put replaces what is there\n"), "{text}");
    assert!(text.contains("BROKEN  a list names every object of its kind and no other: "), "{text}");
}
