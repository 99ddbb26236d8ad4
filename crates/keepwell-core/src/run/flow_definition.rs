//! What a flow's options amount to.

use std::sync::Arc;
use std::time::Duration;

use super::{RetryDelay, RetryPolicy, RunHooks};
use crate::Error;
use crate::settings::Settings;
use crate::storage::StorageLocation;

/// What the user wrote on a flow. Nothing given means: the setting, the flow around or the default decides.
#[derive(Clone, Debug, Default)]
pub struct FlowOptions {
    /// The flow's name.
    pub name: Arc<str>,
    /// Whether the results of its tasks are kept, where they do not say.
    pub persist_result: Option<bool>,
    /// Where the results of its tasks are kept, where they do not say.
    pub result_storage: Option<StorageLocation>,
    /// How often a failed body runs again.
    pub retries: Option<u32>,
    /// How long to wait before each retry.
    pub retry_delay: Option<RetryDelay>,
    /// How much of itself each delay may be lengthened by, at random.
    pub retry_jitter_factor: Option<f64>,
    /// How long the body may take.
    pub timeout: Option<Duration>,
    /// Words that the flow is found by.
    pub tags: Vec<Arc<str>>,
    /// The version of the flow's code, for the record.
    pub version: Option<Arc<str>>,
    /// Code to run at stated moments.
    pub hooks: RunHooks,
}

/// A flow as it will run.
#[derive(Clone, Debug)]
pub struct FlowDefinition {
    /// The options.
    pub options: FlowOptions,
    /// How often a failed body runs again.
    pub retry: RetryPolicy,
}

impl FlowDefinition {
    /// Decides what `options` amount to.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) if the retry options are wrong.
    pub fn new(options: FlowOptions, settings: &Settings) -> Result<Self, Error> {
        let flows = &settings.flows;
        let retry = RetryPolicy {
            retries: options.retries.unwrap_or(flows.default_retries),
            delay: options
                .retry_delay
                .clone()
                .unwrap_or_else(|| RetryDelay::List(flows.default_retry_delay_seconds.clone())),
            jitter_factor: options.retry_jitter_factor.unwrap_or_default(),
        };
        retry.check()?;
        Ok(Self { options, retry })
    }

    /// Whether the results of its tasks are kept, where they do not say: the flow decides, then the run around it.
    pub fn persists(&self, enclosing: Option<bool>) -> Option<bool> {
        let implied = self.options.result_storage.is_some().then_some(true);
        self.options.persist_result.or(implied).or(enclosing)
    }
}
