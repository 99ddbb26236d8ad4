//! What a cache key is made of.

use std::fmt;
use std::sync::Arc;

/// One thing that a result depends on. Displays as the name that records and explanations use.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The task's arguments.
    Inputs,
    /// The task's code.
    TaskSource,
    /// The parameters of the flow run that the task runs in.
    FlowParameters,
    /// The flow run, or the task run where there is no flow.
    RunId,
    /// The build of the program.
    Build,
    /// The text that the key function of this name returned.
    KeyFunction(Arc<str>),
}

impl Part {
    /// The texts that stand for the part in a key.
    pub(super) fn texts(&self) -> (&str, Option<&str>) {
        match self {
            Self::Inputs => ("inputs", None),
            Self::TaskSource => ("task_source", None),
            Self::FlowParameters => ("flow_parameters", None),
            Self::RunId => ("run_id", None),
            Self::Build => ("build", None),
            Self::KeyFunction(name) => ("key_function", Some(name)),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.texts() {
            (text, None) => formatter.write_str(text),
            (text, Some(name)) => write!(formatter, "{text} {name}"),
        }
    }
}
