//! placeholder
use crate::run::RetryDelay;
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub tasks: Tasks,
    pub results: Results,
}
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    pub default_retries: u32,
    pub default_retry_delay: RetryDelay,
    pub default_persist_result: Option<bool>,
    pub refresh_cache: bool,
    pub disable_caching: bool,
    pub default_no_cache: bool,
}
#[derive(Clone, Debug, Default)]
pub struct Results {
    pub persist_by_default: bool,
}
