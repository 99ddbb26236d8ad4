//! A storage that is an object of the user's own.
//!
//! Such an object reads and writes whole objects and knows no conditions. Conditional writes are read, compared and written
//! here, one at a time for each name within this process. Between processes nothing keeps two of them apart, so there
//! the last write stays.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

use bytes::Bytes;
use keepwell_core::key::CacheKey;
use keepwell_core::record::StoreId;
use keepwell_core::storage::{
    Durability, FileIdentity, Object, ObjectKind, ObjectName, ResultStorage, StorageFault, Version, layout,
};
use keepwell_core::{Error, ErrorKind};
use parking_lot::Mutex;
use pyo3::prelude::*;

use super::user_object::UserObject;

/// How many writes can be under way at once: names share these locks.
const LOCKS: usize = 16;

/// Keeps objects where the user's object puts them, laid out as a folder is.
#[derive(Debug)]
pub(crate) struct PythonStorage {
    user: UserObject,
    id: OnceLock<StoreId>,
    locks: [Mutex<()>; LOCKS],
    hashing: RandomState,
}

impl PythonStorage {
    /// The storage that the object is.
    pub(super) fn new(user: UserObject) -> Self {
        Self { user, id: OnceLock::new(), locks: Default::default(), hashing: RandomState::new() }
    }

    /// The user's object.
    pub(super) fn object<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.user.object(py)
    }

    /// Whether the user's object can remove what it has written.
    pub(crate) fn can_remove(&self) -> bool {
        self.user.has("delete_path")
    }

    fn read(&self, path: &str) -> Result<Option<Object>, StorageFault> {
        let found = self.user.read(path)?;
        Ok(found.map(Object::of))
    }

    /// Writes an object, and the whole text of its key where that cannot be read off the path.
    fn write(&self, name: &ObjectName, path: &str, bytes: &Bytes) -> Result<(), StorageFault> {
        if let (Some(place), Some(key)) = (layout::whole_key_path(name), name.key())
            && self.user.read(&place)?.is_none()
        {
            self.user.write(&place, &Bytes::copy_from_slice(key.as_str().as_bytes()))?;
        }
        self.user.write(path, bytes)
    }

    fn name_at(&self, path: &str) -> Result<Option<ObjectName>, StorageFault> {
        let Some((place, object)) = layout::whole_key_path_of_cut(path) else { return Ok(layout::name_of(path)) };
        let text = self.user.read(&place)?;
        let key = text.and_then(|text| CacheKey::new(str::from_utf8(&text).ok()?).ok());
        Ok(key.map(object).filter(|name| layout::path_of(name) == path))
    }

    /// Does the work while no other write of this path is under way in this process.
    fn alone<T: Send>(&self, path: &str, work: impl FnOnce() -> T + Send) -> T {
        let lock = usize::try_from(self.hashing.hash_one(path) % LOCKS as u64).expect("it is less than sixteen");
        // Whoever waits for the lock must not hold the interpreter, which whoever has the lock needs.
        Python::attach(|py| {
            py.detach(|| {
                let _alone = self.locks[lock].lock();
                work()
            })
        })
    }

    fn read_id(&self) -> Result<Option<StoreId>, StorageFault> {
        match self.user.read(&layout::store_file_path())? {
            Some(file) => Ok(Some(layout::store_id_in(&file, self.user.name())?)),
            None => Ok(None),
        }
    }

    fn refuse_without(&self, method: &str, doing: &str) -> Result<(), StorageFault> {
        if self.user.has(method) {
            return Ok(());
        }
        let message = format!("`{}` cannot {doing} objects", self.user.name());
        let hint = format!("give its class a method `{method}`");
        Err(Error::new(ErrorKind::Unsupported, message).with_hint(hint).into())
    }
}

impl ResultStorage for PythonStorage {
    fn location(&self) -> String {
        self.user.name().to_owned()
    }

    fn id(&self) -> Result<Option<StoreId>, StorageFault> {
        if let Some(id) = self.id.get() {
            return Ok(Some(*id));
        }
        let found = self.read_id()?;
        Ok(found.map(|id| *self.id.get_or_init(|| id)))
    }

    fn make(&self) -> Result<StoreId, StorageFault> {
        if let Some(id) = self.id()? {
            return Ok(id);
        }
        let path = layout::store_file_path();
        self.alone(&path, || {
            if let Some(id) = self.read_id()? {
                return Ok(*self.id.get_or_init(|| id));
            }
            let fresh = StoreId::random();
            self.user.write(&path, &layout::store_file(fresh).into())?;
            // Another process may have written its own in between: what is there now is what all will read.
            let id = self.read_id()?.unwrap_or(fresh);
            Ok(*self.id.get_or_init(|| id))
        })
    }

    /// Whether the user's object says so, by a true attribute `is_private`.
    fn is_private(&self) -> bool {
        self.user.is_private()
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Option<Object>, StorageFault> {
        match self.read(&layout::path_of(name))? {
            Some(object) if object.bytes.len() as u64 > limit => {
                let (location, size) = (self.user.name(), object.bytes.len());
                let message = format!("{name} in `{location}` has {size} bytes, more than the {limit} it may have");
                Err(Error::new(ErrorKind::Corrupt, message).into())
            }
            found => Ok(found),
        }
    }

    fn identity(&self, _: &ObjectName) -> Result<Option<FileIdentity>, StorageFault> {
        Ok(None)
    }

    fn create(&self, name: &ObjectName, bytes: Bytes, _: Durability) -> Result<(), StorageFault> {
        let path = &*layout::path_of(name);
        self.alone(path, || match self.read(path)? {
            Some(_) => Err(StorageFault::Precondition),
            None => self.write(name, path, &bytes),
        })
    }

    fn swap(&self, name: &ObjectName, bytes: Bytes, expected: &Version, _: Durability) -> Result<(), StorageFault> {
        let path = &*layout::path_of(name);
        self.alone(path, || match self.read(path)? {
            Some(object) if object.version() == *expected => self.write(name, path, &bytes),
            Some(_) | None => Err(StorageFault::Precondition),
        })
    }

    fn put(&self, name: &ObjectName, bytes: Bytes, _: Durability) -> Result<(), StorageFault> {
        let path = &*layout::path_of(name);
        self.alone(path, || self.write(name, path, &bytes))
    }

    fn remove(&self, name: &ObjectName, expected: Option<&Version>) -> Result<bool, StorageFault> {
        self.refuse_without("delete_path", "remove")?;
        let path = &*layout::path_of(name);
        self.alone(path, || match (self.read(path)?, expected) {
            (Some(object), Some(version)) if object.version() != *version => Err(StorageFault::Precondition),
            (Some(_), _) => self.user.delete(path).map(|()| true),
            (None, Some(_)) => Err(StorageFault::Precondition),
            (None, None) => Ok(false),
        })
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<ObjectName>, StorageFault> {
        self.refuse_without("list_paths", "list")?;
        let paths = self.user.list(&layout::prefix_of(kind))?;
        let names = paths.iter().filter_map(|path| self.name_at(path).transpose());
        names.filter(|name| name.as_ref().map_or(true, |name| name.kind() == kind)).collect()
    }

    /// Keeps a copy and removes the object; where the user's object cannot remove, it stays, and the next commit replaces it.
    fn quarantine(&self, name: &ObjectName, version: &Version) -> Result<(), StorageFault> {
        if !self.user.has("delete_path") {
            return Ok(());
        }
        let path = &*layout::path_of(name);
        self.alone(path, || match self.read(path)? {
            Some(object) if object.version() == *version => {
                self.user.write(&layout::quarantine_path_of(name), &object.bytes)?;
                self.user.delete(path)
            }
            Some(_) | None => Ok(()),
        })
    }
}
