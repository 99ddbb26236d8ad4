//! Which events become log lines.

use keepwell_core::settings::{LogLevel, Settings};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::DynFilterFn;
use tracing_subscriber::layer::Context;

use crate::context;

/// Lets through what keepwell says, what the user's code says inside a run, and what the settings name in
/// `KEEPWELL_LOGGING_EXTRA_LOGGERS`; all at the level that the settings name.
pub(super) fn filter<S: Subscriber>(
    settings: &Settings,
) -> DynFilterFn<S, impl Fn(&Metadata<'_>, &Context<'_, S>) -> bool + use<S>> {
    let level = level(settings.log_level());
    let extra = settings.logging.extra_loggers.clone();
    DynFilterFn::new(move |metadata: &Metadata<'_>, _: &Context<'_, S>| {
        metadata.level() <= &level && is_wanted(metadata.target(), &extra)
    })
    .with_max_level_hint(LevelFilter::from_level(level))
}

fn is_wanted(target: &str, extra: &[String]) -> bool {
    let is_under = |name: &str| target.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    is_under("keepwell") || extra.iter().any(|name| is_under(name)) || context::is_in_run()
}

fn level(level: LogLevel) -> Level {
    match level {
        LogLevel::Debug => Level::DEBUG,
        LogLevel::Info => Level::INFO,
        LogLevel::Warning => Level::WARN,
        LogLevel::Error | LogLevel::Critical => Level::ERROR,
    }
}
