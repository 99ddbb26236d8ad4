//! What the user wrote on a task.

use std::sync::Arc;
use std::time::Duration;

use super::RetryDelay;
use crate::hook::Hook;
use crate::policy::{CachePolicy, KeyFunction};
use crate::record::SerializerName;
use crate::storage::StorageLocation;

/// What the user wrote on a task. Nothing given means: the setting, the flow or the default decides.
#[derive(Clone, Debug, Default)]
pub struct TaskOptions {
    /// The task's name.
    pub name: Arc<str>,
    /// Which parts make up the key.
    pub cache_policy: Option<CachePolicy>,
    /// A function that computes the key, in place of a policy.
    pub cache_key_fn: Option<KeyFunction>,
    /// How long a record counts, from when its body ended.
    pub cache_expiration: Option<Duration>,
    /// Whether a record that exists is ignored and replaced; beats the setting either way.
    pub refresh_cache: Option<bool>,
    /// Whether results are kept.
    pub persist_result: Option<bool>,
    /// Where results are kept.
    pub result_storage: Option<StorageLocation>,
    /// Whether recent results are kept in memory too; they are unless this says no.
    pub cache_in_memory: Option<bool>,
    /// Whether large results are mapped into memory rather than read.
    pub map_results: Option<bool>,
    /// How values are turned into bytes.
    pub result_serializer: Option<SerializerName>,
    /// How often a failed body runs again.
    pub retries: Option<u32>,
    /// How long to wait before each retry.
    pub retry_delay: Option<RetryDelay>,
    /// How much of itself each delay may be lengthened by, at random.
    pub retry_jitter_factor: Option<f64>,
    /// How long the body may take.
    pub timeout: Option<Duration>,
    /// Words that the task is found by.
    pub tags: Vec<Arc<str>>,
    /// Stands for the task's code in its key: a new version is new code, and nothing else is.
    pub version: Option<Arc<str>>,
    /// Code to run at stated moments.
    pub hooks: RunHooks,
}

/// Hooks of a task or flow.
#[derive(Clone, Debug, Default)]
pub struct RunHooks {
    /// Run when a run starts, and again when it is retried.
    pub running: Vec<Hook>,
    /// Run when a run ended well, cached or not.
    pub completion: Vec<Hook>,
    /// Run when a run failed for good.
    pub failure: Vec<Hook>,
    /// Run when a run was stopped from outside.
    pub crashed: Vec<Hook>,
    /// Run when a run was cancelled.
    pub cancellation: Vec<Hook>,
    /// Run when a task's record has become visible.
    pub commit: Vec<Hook>,
    /// Run when a task's staged record is undone.
    pub rollback: Vec<Hook>,
}
