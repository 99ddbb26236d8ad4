//! The simulation says the same every time, and finds a storage that breaks its contract.

use std::sync::Arc;

use bytes::Bytes;
use keepwell_core::record::StoreId;
use keepwell_core::storage::{
    Durability, FileIdentity, MemoryStorage, Object, ObjectKind, ObjectName, ResultStorage, StorageFault, Version,
};
use keepwell_testing::simulation::{Options, simulate, simulate_on};

/// A storage that writes whatever is there.
#[derive(Debug)]
struct Careless(MemoryStorage);

impl ResultStorage for Careless {
    fn location(&self) -> String {
        self.0.location()
    }

    fn id(&self) -> Result<Option<StoreId>, StorageFault> {
        self.0.id()
    }

    fn make(&self) -> Result<StoreId, StorageFault> {
        self.0.make()
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Option<Object>, StorageFault> {
        self.0.get(name, limit)
    }

    fn identity(&self, name: &ObjectName) -> Result<Option<FileIdentity>, StorageFault> {
        self.0.identity(name)
    }

    fn create(&self, name: &ObjectName, bytes: Bytes, durability: Durability) -> Result<(), StorageFault> {
        self.0.put(name, bytes, durability)
    }

    fn swap(&self, name: &ObjectName, bytes: Bytes, _: &Version, durability: Durability) -> Result<(), StorageFault> {
        self.0.put(name, bytes, durability)
    }

    fn put(&self, name: &ObjectName, bytes: Bytes, durability: Durability) -> Result<(), StorageFault> {
        self.0.put(name, bytes, durability)
    }

    fn remove(&self, name: &ObjectName, expected: Option<&Version>) -> Result<bool, StorageFault> {
        self.0.remove(name, expected)
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<ObjectName>, StorageFault> {
        self.0.list(kind)
    }

    fn quarantine(&self, name: &ObjectName, version: &Version) -> Result<(), StorageFault> {
        self.0.quarantine(name, version)
    }
}

#[test]
fn a_seed_has_the_same_trace_every_time() {
    let options = Options { keeps_trace: true, ..Options::default() };
    for seed in 0..40 {
        let (one, other) = (simulate(seed, &options), simulate(seed, &options));
        assert_eq!(one.trace, other.trace, "seed {seed}");
        assert_eq!((one.digest, one.violations), (other.digest, other.violations));
    }
}

#[test]
fn no_two_seeds_tell_the_same_story() {
    let digests: std::collections::HashSet<u64> =
        (0..100).map(|seed| simulate(seed, &Options::default()).digest).collect();
    assert_eq!(digests.len(), 100);
}

#[test]
fn a_storage_that_ignores_conditions_is_found() {
    let options = Options { several_records: false, late_writes: false, ..Options::default() };
    let careless = || Arc::new(Careless(MemoryStorage::new())) as Arc<dyn ResultStorage>;
    let found = (0..300).find(|seed| !simulate_on(*seed, &options, careless).violations.is_empty());
    let seed = found.expect("it is found");
    assert_eq!(simulate(seed, &options).violations, Vec::<String>::new(), "an honest storage in its place");
}

#[test]
fn what_was_promised_holds_whatever_goes_wrong() {
    for seed in 0..200 {
        let outcome = simulate(seed, &Options::default());
        assert_eq!(outcome.violations, Vec::<String>::new(), "seed {seed}");
    }
}
