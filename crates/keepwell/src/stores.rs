//! Which store the code that is running uses: that of the run around it, or else that of the settings.

use std::sync::Arc;

use keepwell_core::settings::Settings;
use keepwell_core::store::ResultStore;

use crate::context::Context;

/// The store that a transaction of the user's own keeps its record in.
pub(crate) fn of_surroundings(around: &Context, settings: &Settings) -> Arc<ResultStore> {
    enclosing(around).map_or_else(|| Arc::new(ResultStore::of_settings(settings)), Arc::clone)
}

/// The store of the task around, else of the flow.
pub(crate) fn enclosing(around: &Context) -> Option<&Arc<ResultStore>> {
    let of_task = around.task.as_ref().map(|task| &task.store);
    of_task.or_else(|| around.flow.as_ref().and_then(|flow| flow.store.as_ref()))
}
