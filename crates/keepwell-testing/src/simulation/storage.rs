//! A shared storage in which every operation may fail, come late or come twice, and at which processes overtake each other.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use keepwell_core::record::StoreId;
use keepwell_core::storage::{
    Durability, FileIdentity, Object, ObjectKind, ObjectName, ResultStorage, StorageFault, Version,
};
use keepwell_core::{Error, ErrorKind};
use parking_lot::Mutex;

use super::faults::Fault;
use super::history::History;
use super::world::World;

/// A write as it is sent, maybe more than once.
#[derive(Clone, Debug)]
enum Request {
    Create(Bytes),
    Swap(Bytes, Version),
    Put(Bytes),
    Remove(Option<Version>),
    Quarantine(Version),
}

/// A write that is still under way.
#[derive(Debug)]
struct Late {
    due: Duration,
    name: ObjectName,
    request: Request,
    durability: Durability,
}

/// The storage that all processes of a world share.
#[derive(Debug)]
pub(super) struct SimulatedStorage {
    world: Arc<World>,
    history: Arc<History>,
    inner: Arc<dyn ResultStorage>,
    late: Mutex<Vec<Late>>,
}

impl SimulatedStorage {
    pub(super) fn new(world: Arc<World>, history: Arc<History>, inner: Arc<dyn ResultStorage>) -> Self {
        Self { world, history, inner, late: Mutex::default() }
    }

    /// Lets everything arrive that is still under way.
    pub(super) fn deliver_all(&self) {
        self.deliver(Duration::MAX);
    }

    fn deliver(&self, now: Duration) {
        loop {
            let mut late = self.late.lock();
            let first = (0..late.len()).min_by_key(|index| late[*index].due).filter(|index| late[*index].due <= now);
            let Some(first) = first else { return };
            let Late { name, request, durability, .. } = late.swap_remove(first);
            drop(late);
            self.world.tell(format_args!("(late) {request} {name}"));
            let _ = self.apply(&name, &request, durability);
        }
    }

    fn reading<T>(
        &self,
        what: fmt::Arguments<'_>,
        read: impl FnOnce() -> Result<T, StorageFault>,
    ) -> Result<T, StorageFault> {
        self.world.boundary();
        if self.world.is_dead() {
            return Err(unavailable("the process is dead"));
        }
        self.deliver(self.world.now());
        match self.world.fault_of_reading() {
            Fault::None => {
                self.world.tell(what);
                read()
            }
            fault => {
                self.world.tell(format_args!("{what}: {fault:?}"));
                Err(unavailable("the storage cannot be reached"))
            }
        }
    }

    fn writing(&self, name: &ObjectName, request: &Request, durability: Durability) -> Result<bool, StorageFault> {
        self.world.boundary();
        if self.world.is_dead() {
            return Err(unavailable("the process is dead"));
        }
        self.deliver(self.world.now());
        let fault = self.world.fault_of_writing();
        let outcome = match fault {
            Fault::None => self.apply(name, request, durability),
            Fault::Unavailable => Err(unavailable("the storage cannot be reached")),
            Fault::Dropped => Err(unknown()),
            Fault::ReplyLost => {
                // Whether it was refused is what the caller is not told.
                let _ = self.apply(name, request, durability);
                Err(unknown())
            }
            Fault::Late => {
                self.post(name, request, durability);
                Err(unknown())
            }
            Fault::Twice => {
                self.post(name, request, durability);
                self.apply(name, request, durability)
            }
        };
        self.world.tell(format_args!("{request} {name}: {}", Outcome(fault, &outcome)));
        outcome
    }

    /// Leaves the write under way, if it is one whose condition, or whose name, keeps it from doing harm later.
    fn post(&self, name: &ObjectName, request: &Request, durability: Durability) {
        let is_harmless = match request {
            Request::Swap(..) | Request::Remove(Some(_)) | Request::Quarantine(_) => true,
            Request::Create(_) => true,
            Request::Put(_) => name.kind() == ObjectKind::Blob,
            Request::Remove(None) => false,
        };
        if is_harmless {
            let after = self.world.throw(|dice| dice.time(Duration::from_millis(1), Duration::from_secs(7_200)));
            let late = Late { due: self.world.now() + after, name: name.clone(), request: request.clone(), durability };
            self.late.lock().push(late);
        }
    }

    fn apply(&self, name: &ObjectName, request: &Request, durability: Durability) -> Result<bool, StorageFault> {
        let outcome = match request.clone() {
            Request::Create(bytes) => self.inner.create(name, bytes, durability).map(|()| true),
            Request::Swap(bytes, expected) => self.inner.swap(name, bytes, &expected, durability).map(|()| true),
            Request::Put(bytes) => self.inner.put(name, bytes, durability).map(|()| true),
            Request::Remove(expected) => self.inner.remove(name, expected.as_ref()),
            Request::Quarantine(version) => self.inner.quarantine(name, &version).map(|()| true),
        };
        if outcome.is_ok() {
            if matches!((request, name.kind()), (Request::Remove(_), ObjectKind::Head)) {
                // No condition can tell a name that was never used from one that was removed.
                self.late.lock().retain(|late| late.name != *name || !matches!(late.request, Request::Create(_)));
            }
            self.history.look_again(&self.world, name);
        }
        outcome
    }
}

impl fmt::Display for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(bytes) => write!(formatter, "create {} bytes at", bytes.len()),
            Self::Swap(bytes, _) => write!(formatter, "swap in {} bytes at", bytes.len()),
            Self::Put(bytes) => write!(formatter, "put {} bytes at", bytes.len()),
            Self::Remove(None) => formatter.write_str("remove"),
            Self::Remove(Some(_)) => formatter.write_str("remove if unchanged"),
            Self::Quarantine(_) => formatter.write_str("quarantine"),
        }
    }
}

/// What became of a write, in words.
struct Outcome<'a>(Fault, &'a Result<bool, StorageFault>);

impl fmt::Display for Outcome<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Ok(true) => formatter.write_str("done")?,
            Ok(false) => formatter.write_str("there was none")?,
            Err(StorageFault::Precondition) => formatter.write_str("refused")?,
            Err(StorageFault::Unavailable(_)) => formatter.write_str("unavailable")?,
            Err(StorageFault::Unknown(_)) => formatter.write_str("unknown")?,
        }
        if self.0 == Fault::None { Ok(()) } else { write!(formatter, " ({:?})", self.0) }
    }
}

fn unavailable(why: &str) -> StorageFault {
    StorageFault::Unavailable(Error::new(ErrorKind::Storage, why))
}

fn unknown() -> StorageFault {
    StorageFault::Unknown(Error::new(ErrorKind::Storage, "the storage did not answer"))
}

impl ResultStorage for SimulatedStorage {
    /// The inner storage may be somewhere else each time.
    fn location(&self) -> String {
        "simulated".to_owned()
    }

    fn id(&self) -> Result<Option<StoreId>, StorageFault> {
        self.inner.id()
    }

    fn make(&self) -> Result<StoreId, StorageFault> {
        self.inner.make()
    }

    fn is_private(&self) -> bool {
        self.inner.is_private()
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Option<Object>, StorageFault> {
        self.reading(format_args!("get {name}"), || self.inner.get(name, limit))
    }

    fn identity(&self, name: &ObjectName) -> Result<Option<FileIdentity>, StorageFault> {
        self.reading(format_args!("identity of {name}"), || self.inner.identity(name))
    }

    fn create(&self, name: &ObjectName, bytes: Bytes, durability: Durability) -> Result<(), StorageFault> {
        self.writing(name, &Request::Create(bytes), durability).map(|_| ())
    }

    fn swap(
        &self,
        name: &ObjectName,
        bytes: Bytes,
        expected: &Version,
        durability: Durability,
    ) -> Result<(), StorageFault> {
        self.writing(name, &Request::Swap(bytes, expected.clone()), durability).map(|_| ())
    }

    fn put(&self, name: &ObjectName, bytes: Bytes, durability: Durability) -> Result<(), StorageFault> {
        self.writing(name, &Request::Put(bytes), durability).map(|_| ())
    }

    fn remove(&self, name: &ObjectName, expected: Option<&Version>) -> Result<bool, StorageFault> {
        self.writing(name, &Request::Remove(expected.cloned()), Durability::None)
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<ObjectName>, StorageFault> {
        let mut names = self.reading(format_args!("list {kind:?}"), || self.inner.list(kind))?;
        names.sort_by_cached_key(ToString::to_string);
        Ok(names)
    }

    fn quarantine(&self, name: &ObjectName, version: &Version) -> Result<(), StorageFault> {
        self.writing(name, &Request::Quarantine(version.clone()), Durability::None).map(|_| ())
    }
}
