//! One event as one line.

use std::fmt::{self, Write};

use jiff::Zoned;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::context;

/// `time | level | who - message`.
pub(super) struct Line;

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let time = Zoned::now().strftime("%H:%M:%S%.3f").to_string();
        let (level, color) = level(*event.metadata().level());
        let who = fields.who.take().or_else(of_context);
        let who = who.unwrap_or_else(|| event.metadata().target().replace("::", "."));
        match (writer.has_ansi_escapes(), color) {
            (true, Some(color)) => write!(writer, "{time} | \x1b[{color}m{level:<7}\x1b[0m | ")?,
            (true, None) | (false, _) => write!(writer, "{time} | {level:<7} | ")?,
        }
        writeln!(writer, "{who} - {}{}", fields.message, fields.others)
    }
}

/// The level's name, and its colour (ECMA-48 SGR) where it has one.
fn level(level: Level) -> (&'static str, Option<&'static str>) {
    match level {
        Level::ERROR => ("ERROR", Some("31")),
        Level::WARN => ("WARNING", Some("33")),
        Level::INFO => ("INFO", Some("36")),
        Level::DEBUG => ("DEBUG", None),
        Level::TRACE => ("TRACE", None),
    }
}

/// Whose line it is when the user's own code speaks inside a run.
fn of_context() -> Option<String> {
    match context::task_run() {
        Some(task) => Some(format!("Task run '{}'", task.task_run_name)),
        None => context::flow_run().map(|flow| format!("Flow run '{}'", flow.flow_run_name)),
    }
}

/// What an event carries: the message, the run that it is of, and anything else the user added.
#[derive(Default)]
struct Fields {
    message: String,
    who: Option<String>,
    others: String,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "task_run_name" => self.who = Some(format!("Task run '{value}'")),
            "flow_run_name" => self.who = Some(format!("Flow run '{value}'")),
            _ => self.record_debug(field, &value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = match field.name() {
            "message" => &mut self.message,
            "task_run_id" | "flow_run_id" => return,
            name => {
                self.others.push_str(&format!(" {name}="));
                &mut self.others
            }
        };
        // Writing to a string cannot fail.
        let _ = write!(text, "{value:?}");
    }
}
