//! Events as log lines, through `tracing`.
//!
//! Each line carries the name and id of its run as fields, which [`logging`](crate::logging) prints in front of the
//! message. Nothing is formatted for a level that nobody listens to.

use std::fmt::Display;

use keepwell_core::event::{self, Event, Level};
use keepwell_core::id::{FlowRunId, LazyTaskRunId};
use keepwell_core::{Error, ErrorKind};

macro_rules! log {
    ($target:literal, $level:expr, $message:expr $(, $field:ident = $value:expr)*) => {
        match $level {
            Level::Debug => tracing::debug!(target: $target, $($field = $value,)* "{}", $message),
            Level::Info => tracing::info!(target: $target, $($field = $value,)* "{}", $message),
            Level::Warning => tracing::warn!(target: $target, $($field = $value,)* "{}", $message),
            Level::Error => tracing::error!(target: $target, $($field = $value,)* "{}", $message),
        }
    };
}

/// An event of a task run.
pub(crate) fn task_run(event: &Event, name: &str, id: &LazyTaskRunId) {
    event::count(event);
    log!("keepwell::task_runs", event.level(), event.message(), task_run_name = name, task_run_id = shown(&id.get()));
}

/// An event of a flow run.
pub(crate) fn flow_run(event: &Event, name: &str, id: FlowRunId) {
    event::count(event);
    log!("keepwell::flow_runs", event.level(), event.message(), flow_run_name = name, flow_run_id = shown(&id));
}

/// An event of a transaction of the user's own.
pub(crate) fn transaction(event: &Event) {
    event::count(event);
    log!("keepwell::transactions", event.level(), event.message());
}

/// Settings that cannot be loaded.
pub(crate) fn settings_error(error: &Error) {
    log!("keepwell::settings", Level::Error, format_args!("The defaults are used: {}", error.report()));
}

/// Options of a flow that are wrong.
pub(crate) fn options_error(name: &str, error: &Error) {
    log!("keepwell::flows", Level::Error, format_args!("Flow '{name}' is never retried: {}", error.report()));
}

/// A flow whose arguments cannot be cloned for another attempt.
pub(crate) fn not_clonable(name: &str) {
    log!(
        "keepwell::flows",
        Level::Warning,
        format_args!("Flow '{name}' cannot be retried: an argument cannot be cloned")
    );
}

/// The same error once more: errors themselves cannot be cloned, for their causes cannot.
pub(crate) fn copy_of(error: &Error) -> Error {
    let kind: ErrorKind = error.kind();
    Error::new(kind, error.report())
}

fn shown(id: &impl Display) -> tracing::field::DisplayValue<&dyn Display> {
    tracing::field::display(id as &dyn Display)
}
