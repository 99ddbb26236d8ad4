//! The flow run around the code that is running.

use std::fmt;
use std::sync::{Arc, OnceLock};

use keepwell_core::id::FlowRunId;
use keepwell_core::key::Digest;
use keepwell_core::policy::{INPUTS, NoKey};
use keepwell_core::store::ResultStore;
use keepwell_core::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::serializer::Serializer;
use crate::value;

/// The flow run around the code that is running.
pub(crate) struct FlowSurroundings {
    pub(crate) id: FlowRunId,
    pub(crate) name: Arc<str>,
    pub(crate) flow_name: Arc<str>,
    pub(crate) persists: Option<bool>,
    /// Whether what its body prints is logged, and what tasks print that do not say.
    pub(crate) log_prints: bool,
    pub(crate) store: Option<Arc<ResultStore>>,
    /// How results of its tasks are turned into bytes, where they do not say.
    pub(crate) serializer: Option<Serializer>,
    /// Python's `FlowRunContext`.
    pub(crate) context: Py<PyAny>,
    pub(crate) parameters: Py<PyDict>,
    digest: OnceLock<Result<Digest, String>>,
}

impl FlowSurroundings {
    pub(crate) fn new(
        (id, name, flow_name): (FlowRunId, Arc<str>, Arc<str>),
        (persists, log_prints): (Option<bool>, bool),
        (store, serializer): (Option<Arc<ResultStore>>, Option<Serializer>),
        context: Py<PyAny>,
        parameters: Py<PyDict>,
    ) -> Self {
        Self {
            id,
            name,
            flow_name,
            persists,
            log_prints,
            store,
            serializer,
            context,
            parameters,
            digest: OnceLock::new(),
        }
    }

    /// The digest of the flow run's parameters, for tasks whose keys have them. Computed when it is first asked for.
    pub(crate) fn parameters_digest(&self, py: Python<'_>) -> Result<Digest, Error> {
        let digest = self.digest.get_or_init(|| digest_of(self.parameters.bind(py)).map_err(|error| error.report()));
        digest.clone().map_err(|report| Error::new(ErrorKind::Key, report))
    }
}

/// The digest of parameters by their names.
pub(crate) fn digest_of(parameters: &Bound<'_, PyDict>) -> Result<Digest, Error> {
    let policy = INPUTS;
    let mut builder = policy.key_builder();
    for (name, value) in parameters {
        let name = name.to_string();
        let path = format!("flow_parameters.{name}");
        builder.input(name, |hasher| value::write_key(&value, &path, hasher));
    }
    match builder.finish().key {
        Ok(key) => Ok(key.digest()),
        Err(NoKey::Refused(error) | NoKey::Uncomputable(error)) => Err(error),
        Err(NoKey::Policy | NoKey::NoParts | NoKey::Declined(_)) => Ok(Digest::of(&[])),
    }
}

impl fmt::Debug for FlowSurroundings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "FlowSurroundings({}, {})", self.name, self.id)
    }
}
