//! Log lines on standard error, in keepwell's form.
//!
//! ```text
//! 11:34:00.405 | INFO    | Task run 'hello_task-4f2' - Finished in state Cached(type=COMPLETED)
//! ```
//!
//! keepwell itself only sends events through `tracing`, so any subscriber will do. This one is for programs that have
//! none: call [`init`] first thing in `main`. A program with a `tracing_subscriber` registry of its own adds [`layer`].

mod filter;
mod line;

use std::io::{self, IsTerminal};

use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::{LookupSpan, Registry};

use crate::settings;

/// Prints log lines on standard error from now on, at the level that the settings name
/// (`KEEPWELL_LOGGING_LEVEL`, `INFO` by default).
///
/// Does nothing if the program has a subscriber already.
pub fn init() {
    // The only failure is that there is a subscriber already, which is then the program's choice.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(layer()));
}

/// The log lines of [`init`] as a layer for the program's own subscriber.
pub fn layer<S>() -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let settings = settings::current();
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let ansi = settings.logging.colors && !no_color && io::stderr().is_terminal();
    tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(ansi)
        .event_format(line::Line)
        .with_filter(filter::filter(&settings))
}
