//! Which store a task's results go to: opened once for each folder, and remembered by the task.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, OnceLock};

use parking_lot::{Mutex, RwLock};

use super::{MemoryLayer, ResultStore, StoreOptions, Trust};
use crate::clock;
use crate::lock::lease::OnLeaseLost;
use crate::record::{Compression, Namespace, SerializerName};
use crate::run::TaskDefinition;
use crate::settings::Settings;
use crate::storage::{FileSystemOptions, FileSystemStorage, ResultStorage, StorageLocation, UnavailableStorage};
use crate::{Error, ErrorKind};

static FOLDERS: LazyLock<Mutex<HashMap<PathBuf, Arc<FileSystemStorage>>>> = LazyLock::new(Mutex::default);
static ADDRESSES: OnceLock<AddressOpener> = OnceLock::new();
static MEMORY: LazyLock<Mutex<Option<Arc<MemoryLayer>>>> = LazyLock::new(Mutex::default);

/// What says which storage an address in the settings names: a path, a URL, or the name of a saved storage.
pub type AddressOpener = fn(&str) -> Result<StorageLocation, Error>;

/// The store that a task used last, and in which surroundings.
#[derive(Default)]
pub struct StoreCache(RwLock<Option<Remembered>>);

struct Remembered {
    settings: Arc<Settings>,
    enclosing: Option<Arc<ResultStore>>,
    store: Arc<ResultStore>,
}

impl StoreCache {
    /// The store of a task that is called inside a run whose store is `enclosing`: where its results go, by the task, or
    /// else by the run around it, or else by the settings.
    pub fn of_task(
        &self,
        definition: &TaskDefinition,
        enclosing: Option<&Arc<ResultStore>>,
        settings: &Arc<Settings>,
    ) -> Arc<ResultStore> {
        if let Some(store) = self.recall(settings, enclosing) {
            return store;
        }
        let store = Arc::new(open(definition, enclosing, settings));
        let settings = Arc::clone(settings);
        *self.0.write() = Some(Remembered { settings, enclosing: enclosing.cloned(), store: Arc::clone(&store) });
        store
    }

    fn recall(&self, settings: &Arc<Settings>, enclosing: Option<&Arc<ResultStore>>) -> Option<Arc<ResultStore>> {
        let remembered = self.0.read();
        let remembered = remembered.as_ref()?;
        let same_enclosing = match (&remembered.enclosing, enclosing) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (Some(_), None) | (None, Some(_)) => false,
        };
        (same_enclosing && Arc::ptr_eq(&remembered.settings, settings)).then(|| Arc::clone(&remembered.store))
    }
}

impl fmt::Debug for StoreCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("StoreCache")
    }
}

impl ResultStore {
    /// The store that the settings name.
    pub fn of_settings(settings: &Settings) -> Self {
        Self::new(options(default_storage(settings), settings))
    }

    /// The store that the settings name, with results kept at `location`.
    pub fn at(location: &StorageLocation, settings: &Settings) -> Self {
        Self::new(options(location.open(), settings))
    }
}

impl StorageLocation {
    /// The storage there. One object for each folder of a process, so that all who use it share its open handles.
    pub fn open(&self) -> Arc<dyn ResultStorage> {
        match self {
            Self::Path(path) => folder(path),
            Self::Storage(storage) => Arc::clone(storage),
        }
    }
}

fn open(definition: &TaskDefinition, enclosing: Option<&Arc<ResultStore>>, settings: &Settings) -> ResultStore {
    let result_storage = match (&definition.result_storage, enclosing) {
        (Some(location), _) => location.open(),
        (None, Some(store)) => Arc::clone(store.result_storage()),
        (None, None) => default_storage(settings),
    };
    let configuration = definition.cache_policy.configuration();
    let enclosing_manager = enclosing.and_then(|store| store.lock_manager());
    let is_compressed = definition.result_serializer.as_ref().is_some_and(SerializerName::is_compressed);
    ResultStore::new(StoreOptions {
        maps_payloads: definition.maps_results.unwrap_or(settings.results.mmap),
        compression: if is_compressed { Compression::BEST } else { Compression::None },
        key_storage: configuration.key_storage.map(StorageLocation::open),
        lock_manager: configuration.lock_manager.or(enclosing_manager).cloned(),
        on_lease_lost: configuration.on_lease_lost.unwrap_or_default(),
        memory: if definition.caches_in_memory { memory(settings) } else { None },
        ..options(result_storage, settings)
    })
}

fn options(result_storage: Arc<dyn ResultStorage>, settings: &Settings) -> StoreOptions {
    StoreOptions {
        result_storage,
        key_storage: None,
        lock_manager: None,
        on_lease_lost: OnLeaseLost::default(),
        trust: Some(Arc::new(Trust::of(settings))),
        namespace: Namespace::DEFAULT,
        compression: Compression::None,
        maps_payloads: settings.results.mmap,
        memory: memory(settings),
        clock: Arc::clone(clock::of_process()),
        durability: settings.results.durability,
        on_storage_error: settings.results.on_storage_error,
        lock_timeout: settings.locks.timeout_seconds,
    }
}

/// The memory layer of the process, as large as the settings say when it is first needed; none where they say 0.
fn memory(settings: &Settings) -> Option<Arc<MemoryLayer>> {
    let limit = settings.results.memory_limit.as_bytes();
    let shared = || Arc::clone(MEMORY.lock().get_or_insert_with(|| Arc::new(MemoryLayer::new(limit))));
    (limit > 0).then(shared)
}

fn default_storage(settings: &Settings) -> Arc<dyn ResultStorage> {
    let Some(address) = &settings.results.default_storage else {
        return folder(&settings.results.local_storage_path);
    };
    match open_address(address.reveal()) {
        Ok(storage) => storage,
        Err(error) => Arc::new(UnavailableStorage::new(address.to_string(), &error)),
    }
}

/// The storage at an address: a path, a URL, or the name of a saved storage.
pub(super) fn open_address(address: &str) -> Result<Arc<dyn ResultStorage>, Error> {
    let opener = ADDRESSES.get().copied().unwrap_or(a_folder);
    opener(address).map(|location| location.open())
}

/// Has front ends say what an address in the settings names, where they know more than folders. The first one stays.
pub fn understand_addresses_by(opener: AddressOpener) {
    // Whoever was first is asked; a second front end in one process understands the same addresses.
    let _ = ADDRESSES.set(opener);
}

fn a_folder(address: &str) -> Result<StorageLocation, Error> {
    match address.split_once("://") {
        None => Ok(StorageLocation::from(address)),
        Some((scheme, _)) => {
            let error = Error::new(ErrorKind::Unsupported, format!("storages at `{scheme}://` are not available yet"));
            Err(error.with_hint("set KEEPWELL_RESULTS_DEFAULT_STORAGE to the path of a folder"))
        }
    }
}

fn folder(path: &Path) -> Arc<dyn ResultStorage> {
    let mut folders = FOLDERS.lock();
    if let Some(storage) = folders.get(path) {
        return Arc::clone(storage) as Arc<dyn ResultStorage>;
    }
    let storage = Arc::new(FileSystemStorage::at(path, FileSystemOptions::default()));
    folders.insert(path.to_owned(), Arc::clone(&storage));
    storage
}
