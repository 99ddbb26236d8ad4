//! What a task's options amount to.

use std::sync::Arc;
use std::time::Duration;

use super::{RetryDelay, RetryPolicy, RunHooks, TaskOptions};
use crate::Error;
use crate::policy::{CachePolicy, DEFAULT, NO_CACHE};
use crate::record::SerializerName;
use crate::settings::Settings;
use crate::storage::StorageLocation;

/// A task as it will run: its options with the settings that were in force when it was defined.
#[derive(Clone, Debug)]
pub struct TaskDefinition {
    /// The task's name.
    pub name: Arc<str>,
    /// Which parts make up the key.
    pub cache_policy: CachePolicy,
    /// Whether results are kept, where the options say so.
    pub persist_result: Option<bool>,
    /// How long a record counts.
    pub cache_expiration: Option<Duration>,
    /// Whether a record that exists is ignored, where the options say so.
    pub refresh_cache: Option<bool>,
    /// Where results are kept, where the options say so.
    pub result_storage: Option<StorageLocation>,
    /// Whether recent results are kept in memory too.
    pub caches_in_memory: bool,
    /// Whether large results are mapped into memory rather than read, where the task says.
    pub maps_results: Option<bool>,
    /// How values are turned into bytes, where the options say so.
    pub result_serializer: Option<SerializerName>,
    /// How often a failed body runs again.
    pub retry: RetryPolicy,
    /// How long the body may take.
    pub timeout: Option<Duration>,
    /// Words that the task is found by.
    pub tags: Vec<Arc<str>>,
    /// Stands for the code.
    pub version: Option<Arc<str>>,
    /// Code to run at stated moments.
    pub hooks: RunHooks,
    /// Options that were ignored because another one contradicts them, in words.
    pub warnings: Vec<String>,
}

impl TaskDefinition {
    /// Decides what `options` amount to for a task whose arguments are `arguments`.
    ///
    /// # Errors
    /// [`ErrorKind::Key`](crate::ErrorKind::Key) if the policy leaves out an argument that the task has not got or
    /// contradicts itself; [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) if the retry options are wrong.
    pub fn new(options: TaskOptions, arguments: &[&str], settings: &Settings) -> Result<Self, Error> {
        let mut warnings = Vec::new();
        let persist_result = options.persist_result.or_else(|| asks_for_persistence(&options).then_some(true));
        let cache_policy = effective_policy(&options, settings, &mut warnings);
        cache_policy.validate(&options.name, arguments)?;
        let retry = RetryPolicy {
            retries: options.retries.unwrap_or(settings.tasks.default_retries),
            delay: options
                .retry_delay
                .unwrap_or_else(|| RetryDelay::List(settings.tasks.default_retry_delay_seconds.clone())),
            jitter_factor: options.retry_jitter_factor.unwrap_or_default(),
        };
        retry.check()?;
        Ok(Self {
            name: options.name,
            cache_policy,
            persist_result,
            cache_expiration: options.cache_expiration,
            refresh_cache: options.refresh_cache,
            result_storage: options.result_storage,
            caches_in_memory: options.cache_in_memory.unwrap_or(true),
            maps_results: options.map_results,
            result_serializer: options.result_serializer,
            retry,
            timeout: options.timeout.filter(|timeout| !timeout.is_zero()),
            tags: options.tags,
            version: options.version,
            hooks: options.hooks,
            warnings,
        })
    }

    /// Whether this call's result is kept: the task decides, then the settings for tasks, then the run around it
    /// (`enclosing`), then the settings for all results.
    pub fn persists(&self, enclosing: Option<bool>, settings: &Settings) -> bool {
        self.persist_result
            .or(settings.tasks.default_persist_result)
            .or(enclosing)
            .unwrap_or(settings.results.persist_by_default)
    }

    /// Whether a record that exists is ignored and replaced. The setting is asked at each call.
    pub fn refreshes(&self, settings: &Settings) -> bool {
        self.refresh_cache.unwrap_or(settings.tasks.refresh_cache)
    }
}

/// Whether an option is set that would be pointless without persistence.
fn asks_for_persistence(options: &TaskOptions) -> bool {
    options.cache_policy.as_ref().is_some_and(|policy| !policy.is_none())
        || options.cache_key_fn.is_some()
        || options.result_storage.is_some()
        || options.result_serializer.is_some()
}

fn effective_policy(options: &TaskOptions, settings: &Settings, warnings: &mut Vec<String>) -> CachePolicy {
    let chosen = chosen_policy(options, warnings);
    if options.persist_result == Some(false) {
        if chosen.as_ref().is_some_and(|policy| !policy.is_none()) {
            warnings.push(format!(
                "Ignoring `cache_policy` because `persist_result` is False: results of task '{}' are not cached",
                options.name
            ));
        }
        return NO_CACHE;
    }
    if settings.tasks.disable_caching {
        return NO_CACHE;
    }
    match chosen {
        Some(policy) => policy,
        None if settings.tasks.default_no_cache => NO_CACHE,
        None => DEFAULT,
    }
}

fn chosen_policy(options: &TaskOptions, warnings: &mut Vec<String>) -> Option<CachePolicy> {
    let from_function = options.cache_key_fn.clone().map(CachePolicy::from);
    if from_function.is_some() && options.cache_policy.is_some() {
        warnings.push(format!(
            "Both `cache_policy` and `cache_key_fn` are set on task '{}'. `cache_key_fn` will be used.",
            options.name
        ));
    }
    from_function.or_else(|| options.cache_policy.clone())
}
