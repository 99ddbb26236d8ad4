//! Every option of `#[task]` and `#[flow]`, one row each.

use crate::attribute::Attribute;

/// What kind of value an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text.
    Text,
    /// A text with arguments in braces, or a function of the parameters.
    RunName,
    /// A cache policy.
    Policy,
    /// A function that gives the key.
    KeyFunction,
    /// A length of time.
    Duration,
    /// True or false.
    Boolean,
    /// A folder or a storage.
    Storage,
    /// The name of a serializer.
    Serializer,
    /// A whole number.
    Count,
    /// A duration, or several.
    RetryDelay,
    /// A number with a fraction.
    Factor,
    /// A list of texts.
    Words,
    /// A function, or an array of them.
    Hooks,
    /// Names of items, in parentheses.
    Items,
    /// Nothing but the option's name.
    Flag,
}

/// One option.
#[derive(Debug)]
pub(crate) struct Row {
    /// The option's name, and that of the field of the options that it sets.
    pub(crate) name: &'static str,
    /// What it takes.
    pub(crate) kind: Kind,
    /// How it is written.
    pub(crate) example: &'static str,
    /// The attributes that have it.
    pub(crate) of: &'static [Attribute],
}

/// The serializers that Rust has.
pub(crate) const SERIALIZERS: [&str; 4] = ["cbor", "json", "compressed/cbor", "compressed/json"];

const BOTH: &[Attribute] = &[Attribute::Task, Attribute::Flow];
const TASK: &[Attribute] = &[Attribute::Task];
const FLOW: &[Attribute] = &[Attribute::Flow];

const fn row(name: &'static str, kind: Kind, example: &'static str, of: &'static [Attribute]) -> Row {
    Row { name, kind, example, of }
}

/// The options, in the order in which messages list them.
static ROWS: [Row; 23] = [
    row("name", Kind::Text, "name = \"load\"", BOTH),
    row("task_run_name", Kind::RunName, "task_run_name = \"load-{argument}\"", TASK),
    row("flow_run_name", Kind::RunName, "flow_run_name = \"nightly-{argument}\"", FLOW),
    row("cache_policy", Kind::Policy, "cache_policy = INPUTS", TASK),
    row("cache_key_fn", Kind::KeyFunction, "cache_key_fn = key_of_call", TASK),
    row("cache_expiration", Kind::Duration, "cache_expiration = Duration::from_secs(86_400)", TASK),
    row("refresh_cache", Kind::Boolean, "refresh_cache = true", TASK),
    row("persist_result", Kind::Boolean, "persist_result = true", BOTH),
    row("result_storage", Kind::Storage, "result_storage = \"./results\"", BOTH),
    row("result_serializer", Kind::Serializer, "result_serializer = \"json\"", TASK),
    row("retries", Kind::Count, "retries = 3", BOTH),
    row("retry_delay", Kind::RetryDelay, "retry_delay = Duration::from_secs(10)", BOTH),
    row("retry_jitter_factor", Kind::Factor, "retry_jitter_factor = 0.5", BOTH),
    row("timeout", Kind::Duration, "timeout = Duration::from_secs(60)", BOTH),
    row("tags", Kind::Words, "tags = [\"nightly\"]", BOTH),
    row("version", Kind::Text, "version = \"3\"", BOTH),
    row("on_completion", Kind::Hooks, "on_completion = notify", BOTH),
    row("on_failure", Kind::Hooks, "on_failure = notify", BOTH),
    row("on_running", Kind::Hooks, "on_running = notify", BOTH),
    row("on_commit", Kind::Hooks, "on_commit = notify", TASK),
    row("on_rollback", Kind::Hooks, "on_rollback = clean_up", TASK),
    row("depends_on", Kind::Items, "depends_on(helper, Type)", TASK),
    row("associated", Kind::Flag, "associated", BOTH),
];

impl Row {
    /// The options of an attribute.
    pub(crate) fn all(attribute: Attribute) -> impl Iterator<Item = &'static Self> {
        ROWS.iter().filter(move |row| row.of.contains(&attribute))
    }

    /// An attribute that has an option of this name.
    pub(crate) fn owner(name: &str) -> Option<Attribute> {
        ROWS.iter().find(|row| row.name == name).and_then(|row| row.of.first().copied())
    }
}
