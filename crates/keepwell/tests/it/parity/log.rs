//! What keepwell says in its log, and whether that was expected.

use std::sync::Arc;

use parking_lot::Mutex;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::Registry;

/// Everything that was said, in order.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<Line>>>);

struct Line {
    text: String,
    expected: bool,
}

impl Log {
    /// Runs `code` and keeps what is said in this thread meanwhile.
    pub(super) fn listen<R>(&self, code: impl FnOnce() -> R) -> R {
        tracing::subscriber::with_default(Registry::default().with(self.clone()), code)
    }

    /// How many lines there are.
    pub(super) fn len(&self) -> usize {
        self.0.lock().len()
    }

    /// Compares all lines since `start` with `patterns`. Gives the lines if they differ.
    pub(super) fn expect_all(&self, start: usize, patterns: &[String]) -> Result<(), String> {
        let mut lines = self.0.lock();
        let lines = &mut lines[start..];
        lines.iter_mut().for_each(|line| line.expected = true);
        let same = lines.len() == patterns.len()
            && lines.iter().zip(patterns).all(|(line, pattern)| matches(pattern, &line.text));
        if same { Ok(()) } else { Err(shown(lines)) }
    }

    /// Looks for a line of each pattern since `start`, in their order. Gives the first that is not there.
    pub(super) fn expect_some(&self, start: usize, patterns: &[String]) -> Result<(), String> {
        let mut lines = self.0.lock();
        let mut rest = lines[start..].iter_mut();
        for pattern in patterns {
            match rest.find(|line| matches(pattern, &line.text)) {
                Some(line) => line.expected = true,
                None => return Err(format!("no line `{pattern}` (in this place) in:{}", shown(&lines[start..]))),
            }
        }
        Ok(())
    }

    /// Warnings and errors since `start` that nobody expected, but for those that tell of a failed run. What was
    /// mentioned may be said more than once.
    pub(super) fn surprises(&self, start: usize) -> Vec<String> {
        let lines = self.0.lock();
        let is_mentioned = |text: &str| lines.iter().any(|line| line.expected && line.text == text);
        let surprises = lines[start..].iter().filter(|line| is_alarming(&line.text) && !is_mentioned(&line.text));
        surprises.map(|line| line.text.clone()).collect()
    }
}

fn shown(lines: &[Line]) -> String {
    lines.iter().map(|line| format!("\n    {}", line.text)).collect()
}

fn is_alarming(line: &str) -> bool {
    const OF_FAILED_RUNS: [&str; 3] =
        ["Task run failed with exception: ", "Encountered exception during execution: ", "Finished in state Failed("];
    let (level, message) = line.split_once(' ').unwrap_or((line, ""));
    matches!(level, "WARNING" | "ERROR") && !OF_FAILED_RUNS.iter().any(|beginning| message.starts_with(beginning))
}

/// Whether a text is as the pattern says, in which `*` stands for anything.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let Some((beginning, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(beginning) else { return false };
    (0..=text.len()).filter(|&at| text.is_char_boundary(at)).any(|at| matches(rest, &text[at..]))
}

impl<S: Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if !event.metadata().target().starts_with("keepwell::") {
            return;
        }
        let level = match *event.metadata().level() {
            Level::ERROR => "ERROR",
            Level::WARN => "WARNING",
            Level::INFO => "INFO",
            Level::DEBUG | Level::TRACE => "DEBUG",
        };
        let mut message = Message::default();
        event.record(&mut message);
        self.0.lock().push(Line { text: format!("{level} {}", message.0), expected: false });
    }
}

#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}
