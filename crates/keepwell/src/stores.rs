//! Which store a task's results go to: opened once for each folder, and remembered by the task.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use keepwell_core::record::{Compression, Namespace, SerializerName};
use keepwell_core::run::TaskDefinition;
use keepwell_core::settings::Settings;
use keepwell_core::storage::{FileSystemOptions, FileSystemStorage, ResultStorage, StorageLocation};
use keepwell_core::store::{MemoryLayer, ResultStore, StoreOptions, Trust};
use parking_lot::{Mutex, RwLock};

use crate::clock;
use crate::context::Context;
use crate::task::Task;
use crate::value::formats::COMPRESSED;

/// How results are compressed where a task asks for it: the best there is in this build.
#[cfg(feature = "zstd")]
const COMPRESSION: Compression = Compression::Zstd;
#[cfg(not(feature = "zstd"))]
const COMPRESSION: Compression = Compression::Lz4;

/// The store that a task used last, and for which surroundings.
#[derive(Default)]
pub(crate) struct StoreCache(RwLock<Option<Remembered>>);

struct Remembered {
    settings: Arc<Settings>,
    enclosing: Option<Arc<ResultStore>>,
    store: Arc<ResultStore>,
}

static FOLDERS: LazyLock<Mutex<HashMap<PathBuf, Arc<FileSystemStorage>>>> = LazyLock::new(Mutex::default);
/// One for the process, as large as the settings say when it is first used.
static MEMORY: LazyLock<Arc<MemoryLayer>> =
    LazyLock::new(|| Arc::new(MemoryLayer::new(crate::settings::current().results.memory_limit.as_bytes())));

/// The store of a task that is called in these surroundings.
pub(crate) fn of_task(task: &Task, around: &Context, settings: &Arc<Settings>) -> Arc<ResultStore> {
    let enclosing = enclosing(around);
    if let Some(store) = task.stores.recall(settings, enclosing) {
        return store;
    }
    let store = Arc::new(open(task.definition(), enclosing, settings));
    *task.stores.0.write() =
        Some(Remembered { settings: Arc::clone(settings), enclosing: enclosing.cloned(), store: Arc::clone(&store) });
    store
}

impl StoreCache {
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

/// The store that a transaction of the user's own keeps its record in.
pub(crate) fn of_surroundings(around: &Context, settings: &Settings) -> Arc<ResultStore> {
    match enclosing(around) {
        Some(store) => Arc::clone(store),
        None => Arc::new(ResultStore::new(options(default_storage(settings), settings))),
    }
}

/// A store like the one around, with results kept at `location`.
pub(crate) fn at(location: &StorageLocation, settings: &Settings) -> Arc<ResultStore> {
    Arc::new(ResultStore::new(options(storage(location), settings)))
}

/// The store of the task around, else of the flow.
pub(crate) fn enclosing(around: &Context) -> Option<&Arc<ResultStore>> {
    let of_task = around.task.as_ref().map(|task| &task.store);
    of_task.or_else(|| around.flow.as_ref().and_then(|flow| flow.store.as_ref()))
}

fn open(definition: &TaskDefinition, enclosing: Option<&Arc<ResultStore>>, settings: &Settings) -> ResultStore {
    let result_storage = match (&definition.result_storage, enclosing) {
        (Some(location), _) => storage(location),
        (None, Some(store)) => Arc::clone(store.result_storage()),
        (None, None) => default_storage(settings),
    };
    let configuration = definition.cache_policy.configuration();
    let enclosing_manager = enclosing.and_then(|store| store.lock_manager());
    let serializer = definition.result_serializer.as_ref().map_or("", SerializerName::as_str);
    ResultStore::new(StoreOptions {
        compression: if serializer.starts_with(COMPRESSED) { COMPRESSION } else { Compression::None },
        key_storage: configuration.key_storage.map(storage),
        lock_manager: configuration.lock_manager.or(enclosing_manager).cloned(),
        ..options(result_storage, settings)
    })
}

fn options(result_storage: Arc<dyn ResultStorage>, settings: &Settings) -> StoreOptions {
    StoreOptions {
        result_storage,
        key_storage: None,
        lock_manager: None,
        trust: Some(Arc::new(Trust::of(settings))),
        namespace: Namespace::DEFAULT,
        compression: Compression::None,
        memory: (settings.results.memory_limit.as_bytes() > 0).then(|| Arc::clone(&MEMORY)),
        clock: clock::shared(),
        durability: settings.results.durability,
        on_storage_error: settings.results.on_storage_error,
        lock_timeout: settings.locks.timeout_seconds,
    }
}

fn default_storage(settings: &Settings) -> Arc<dyn ResultStorage> {
    match &settings.results.default_storage {
        Some(address) => folder(Path::new(address.reveal())),
        None => folder(&settings.results.local_storage_path),
    }
}

fn storage(location: &StorageLocation) -> Arc<dyn ResultStorage> {
    match location {
        StorageLocation::Path(path) => folder(path),
        StorageLocation::Storage(storage) => Arc::clone(storage),
    }
}

/// The storage in a folder: one object for each, so that all tasks share its open handles.
fn folder(path: &Path) -> Arc<dyn ResultStorage> {
    let mut folders = FOLDERS.lock();
    if let Some(storage) = folders.get(path) {
        return Arc::clone(storage) as Arc<dyn ResultStorage>;
    }
    let storage = Arc::new(FileSystemStorage::at(path, FileSystemOptions::default()));
    folders.insert(path.to_owned(), Arc::clone(&storage));
    storage
}

impl fmt::Debug for StoreCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("StoreCache")
    }
}
