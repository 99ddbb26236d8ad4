//! The key of a call: the parts that only Python can supply.

use keepwell_core::policy::{ComposedKey, KeyBuilder};
use keepwell_core::{Error, ErrorKind};
use pyo3::prelude::*;

use super::caller::TaskCaller;
use super::source_of;
use crate::policy::{CallParts, call_functions};
use crate::{context, error, value};

impl TaskCaller {
    pub(super) fn compute_key(&self, py: Python<'_>) -> ComposedKey {
        let mut builder = self.prepared.definition.cache_policy.key_builder();
        if let Some(exception) = &self.unnamed {
            builder.refuse(error::of_user(ErrorKind::User, "the run could not be named", exception.clone_ref(py)));
            return builder.finish();
        }
        let fallback = self.prepared.fallback;
        for (parameter, value) in self.prepared.parameters.iter().zip(&self.arguments.bound) {
            let text = parameter.text.clone();
            builder.input(text, |hasher| value::write_key_or(value.bind(py), &parameter.path, hasher, fallback));
        }
        if let Some(depth) = builder.wants_task_source() {
            match source_of(self.task.bind(py), depth) {
                Ok(digest) => builder.task_source(digest),
                Err(error) => builder.fail(error),
            }
        }
        if builder.wants_run_id() {
            builder.run_id(self.around.flow_run_id(), self.id.get());
        }
        if builder.wants_flow_parameters() {
            match self.around.flow.as_ref().map(|flow| flow.parameters_digest(py)) {
                None => builder.flow_parameters(None),
                Some(Ok(digest)) => builder.flow_parameters(Some(digest)),
                Some(Err(error)) => builder.fail(error),
            }
        }
        if !builder.wanted_functions().is_empty() {
            self.call_functions(py, &mut builder);
        }
        builder.finish()
    }

    fn call_functions(&self, py: Python<'_>, builder: &mut KeyBuilder<'_>) {
        let entered = self.call_parts(py).and_then(|parts| Ok((parts, self.enter(py)?)));
        match entered {
            Ok((parts, token)) => {
                call_functions(builder, &parts);
                context::leave(py, &token);
            }
            Err(exception) => builder.fail(not_told(exception)),
        }
    }

    fn call_parts<'py>(&self, py: Python<'py>) -> PyResult<CallParts<'py>> {
        let surroundings = self.surroundings(py, 1)?;
        let inputs = surroundings.parameters.bind(py).clone().into_any();
        let flow_parameters = match &self.around.flow {
            Some(flow) => flow.parameters.bind(py).clone().into_any(),
            None => pyo3::types::PyDict::new(py).into_any(),
        };
        Ok(CallParts { context: surroundings.context(py, &self.around)?.into_bound(py), inputs, flow_parameters })
    }
}

fn not_told(exception: PyErr) -> Error {
    error::of_user(ErrorKind::Key, "the key function cannot be told of the call", exception)
}
