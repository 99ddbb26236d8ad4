//! A folder of its own for each test, and a count of how often a body ran.

use std::sync::atomic::{AtomicUsize, Ordering};

use keepwell::settings::{Overrides, with_overrides};

/// How often a body ran.
pub(super) struct Runs(AtomicUsize);

impl Runs {
    pub(super) const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// Counts a run, and gives its number, from 1.
    pub(super) fn count(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(super) fn total(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Runs a test with a folder for its results, which is empty at first.
pub(super) fn in_folder<R>(test: impl FnOnce() -> R) -> R {
    let folder = tempfile::tempdir().unwrap();
    let overrides =
        Overrides::new().set("KEEPWELL_RESULTS_LOCAL_STORAGE_PATH", folder.path().to_str().unwrap()).unwrap();
    with_overrides(&overrides, test).unwrap()
}

/// Runs an async test with a folder of its own, on no runtime in particular.
pub(super) fn block_on_in_folder<R>(test: impl Future<Output = R>) -> R {
    in_folder(|| futures_lite::future::block_on(test))
}

/// Runs an async test with a folder of its own, on a tokio runtime with several threads.
pub(super) fn tokio_in_folder<R>(test: impl Future<Output = R>) -> R {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    in_folder(|| runtime.block_on(test))
}
