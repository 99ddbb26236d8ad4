//! What Python's `Task` derives from.

use std::sync::Arc;

use keepwell_core::id::LazyTaskRunId;
use keepwell_core::key::Digest;
use keepwell_core::policy::SourceDepth;
use keepwell_core::{Error, ErrorKind};
use parking_lot::RwLock;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use super::caller::{CallOptions, TaskCaller};
use super::prepared::{FunctionKind, Prepared};
use super::{Arguments, identifier};
use crate::calling::{self, Finished, Run};
use crate::{context, error};

/// What Python's `Task` derives from: calling it runs the task.
#[pyclass(subclass, module = "keepwell._core")]
pub(crate) struct BaseTask {
    prepared: RwLock<Option<Arc<Prepared>>>,
    /// The object or class that the function is a method of, for a call of this one.
    receiver: Option<Py<PyAny>>,
}

#[pymethods]
impl BaseTask {
    #[new]
    #[pyo3(signature = (*_arguments, **_named))]
    fn new(_arguments: &Bound<'_, PyTuple>, _named: Option<&Bound<'_, PyDict>>) -> Self {
        Self { prepared: RwLock::new(None), receiver: None }
    }

    /// Makes the definition, of the function, what it is, its parameters, and the options by name. Gives what the engine has
    /// decided.
    fn _prepare(
        &self,
        function: Py<PyAny>,
        kind: &str,
        parameters: &Bound<'_, PyAny>,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<Decided> {
        let prepared = Prepared::of(function, kind, parameters, options)?;
        let definition = &prepared.definition;
        let decided = Decided {
            persist_result: definition.persist_result,
            is_cached: !definition.cache_policy.is_none(),
            warnings: definition.warnings.clone(),
        };
        *self.prepared.write() = Some(Arc::new(prepared));
        Ok(decided)
    }

    /// Makes this the task `other` as a method of `receiver`.
    fn _bind(&mut self, py: Python<'_>, other: &Bound<'_, Self>, receiver: Py<PyAny>) -> PyResult<()> {
        self.prepared = RwLock::new(Some(other.borrow().prepared()?));
        self.receiver = Some(receiver.clone_ref(py));
        Ok(())
    }

    /// Runs the task: for its value, or for its state with `return_state=True`.
    #[pyo3(signature = (*args, **kwargs))]
    fn __call__<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> Finished {
        let py = slf.py();
        let prepared = slf.borrow().prepared()?;
        let (wants_state, wait_for) = take_call_options(kwargs)?;
        if wants_state && prepared.kind.is_generator() {
            // Its caller iterates, and there is no end to give a state of before that.
            return Err(PyValueError::new_err("The return_type for a generator task must be 'result'"));
        }
        let arguments = Self::bound(slf, &prepared, args, kwargs)?;
        Call { task: slf, prepared, id: None, wants_state }.begin(py, arguments, wait_for.as_ref())
    }

    /// Runs the task with these parameters to its final state. The run has the given identifier.
    fn _run_to_state<'py>(
        slf: &Bound<'py, Self>,
        parameters: &Bound<'py, PyDict>,
        wait_for: Option<Bound<'py, PyAny>>,
        task_run_id: Option<&Bound<'py, PyAny>>,
    ) -> Finished {
        let py = slf.py();
        let prepared = slf.borrow().prepared()?;
        let arguments = Arguments::of_values(py, &prepared.parameters, parameters)?;
        let id = task_run_id.map(identifier::chosen).transpose()?;
        Call { task: slf, prepared, id, wants_state: true }.begin(py, arguments, wait_for.as_ref())
    }

    /// Runs the task with these parameters, in which nothing is to be waited for: for its value, or for its final state.
    fn _run_resolved<'py>(
        slf: &Bound<'py, Self>,
        parameters: &Bound<'py, PyDict>,
        wants_state: bool,
        task_run_id: Option<&Bound<'py, PyAny>>,
    ) -> Finished {
        let py = slf.py();
        let prepared = slf.borrow().prepared()?;
        let arguments = Arguments::of_values(py, &prepared.parameters, parameters)?;
        let id = task_run_id.map(identifier::chosen).transpose()?;
        Call { task: slf, prepared, id, wants_state }.run(py, arguments)
    }

    /// The parameters by name that a call with these arguments has, defaults applied.
    #[pyo3(signature = (args, kwargs))]
    fn _bound_parameters<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let py = slf.py();
        let prepared = slf.borrow().prepared()?;
        let arguments = Self::bound(slf, &prepared, args, kwargs)?;
        prepared.parameters.dictionary(py, &arguments.bound)
    }

    /// What several hold (a method's task, a run) is not shown: the collector would count it more than once.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.receiver)?;
        let Some(prepared) = self.prepared.try_read() else { return Ok(()) };
        match prepared.as_ref().filter(|prepared| Arc::strong_count(prepared) == 1) {
            Some(prepared) => prepared.visit(&visit),
            None => Ok(()),
        }
    }

    fn __clear__(&mut self) {
        self.receiver = None;
        let prepared = self.prepared.write().take();
        drop(prepared);
    }
}

impl BaseTask {
    fn prepared(&self) -> PyResult<Arc<Prepared>> {
        self.prepared
            .read()
            .clone()
            .ok_or_else(|| PyRuntimeError::new_err("the task has not been defined: call `Task.__init__`"))
    }

    fn bound<'py>(
        slf: &Bound<'py, Self>,
        prepared: &Prepared,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Arguments> {
        let py = slf.py();
        let function = prepared.function.bind(py);
        match &slf.borrow().receiver {
            None => Arguments::bind(function, &prepared.parameters, args, kwargs),
            Some(receiver) => {
                let with_receiver = std::iter::once(receiver.bind(py).clone()).chain(args.iter());
                let args = PyTuple::new(py, with_receiver.collect::<Vec<_>>())?;
                Arguments::bind(function, &prepared.parameters, &args, kwargs)
            }
        }
    }
}

/// What the engine has decided of a task's options.
#[pyclass(frozen, get_all, module = "keepwell._core")]
pub(crate) struct Decided {
    /// Whether results are kept, where the options say so.
    persist_result: Option<bool>,
    /// Whether there is a policy that makes keys.
    is_cached: bool,
    /// Options that were ignored because another one contradicts them, in words.
    warnings: Vec<String>,
}

/// A call that is about to run.
struct Call<'a, 'py> {
    task: &'a Bound<'py, BaseTask>,
    prepared: Arc<Prepared>,
    id: Option<Arc<LazyTaskRunId>>,
    wants_state: bool,
}

impl Call<'_, '_> {
    /// Runs the task once everything that it depends on has completed. Where something has not, it does not begin.
    fn begin(&self, py: Python<'_>, arguments: Arguments, wait_for: Option<&Bound<'_, PyAny>>) -> Finished {
        if wait_for.is_none() && !arguments.hold_inputs(py)? {
            return self.run(py, arguments);
        }
        let values = self.prepared.parameters.dictionary(py, &arguments.bound)?;
        let waiting = py.import("keepwell._after_inputs")?.getattr(self.prepared.kind.driver().unwrap_or("call"))?;
        let id = self.id.as_ref().map(|id| id.get().to_string());
        waiting.call1((self.task, values, wait_for, self.wants_state, id)).map(Bound::unbind)
    }

    fn run(&self, py: Python<'_>, arguments: Arguments) -> Finished {
        let options = CallOptions { around: context::current(py)?, wants_state: self.wants_state, id: self.id.clone() };
        let task = self.task.clone().into_any();
        let prepared = Arc::clone(&self.prepared);
        let mut caller = TaskCaller::new(py, task.clone().unbind(), prepared, arguments, options)?;
        let Some(driver) = self.prepared.kind.driver() else { return calling::drive(py, &mut caller) };
        let run = Run::new(py, caller, self.prepared.kind != FunctionKind::Generator);
        py.import("keepwell._driving")?.getattr(driver)?.call1((run, task, self.wants_state)).map(Bound::unbind)
    }
}

/// Takes `return_state` and `wait_for` out of a call's named arguments.
fn take_call_options<'py>(kwargs: Option<&Bound<'py, PyDict>>) -> PyResult<(bool, Option<Bound<'py, PyAny>>)> {
    let Some(kwargs) = kwargs.filter(|kwargs| !kwargs.is_empty()) else { return Ok((false, None)) };
    let py = kwargs.py();
    let take = |name: &Bound<'py, _>| -> PyResult<Option<Bound<'py, PyAny>>> {
        let value = kwargs.get_item(name)?;
        if value.is_some() {
            kwargs.del_item(name)?;
        }
        Ok(value)
    };
    let wants_state = take(intern!(py, "return_state"))?.map_or(Ok(false), |value| value.is_truthy())?;
    let wait_for = take(intern!(py, "wait_for"))?.filter(|value| !value.is_none());
    Ok((wants_state, wait_for))
}

/// The digest of a task's code at this depth, or of its version where it has one.
pub(crate) fn source_of(task: &Bound<'_, PyAny>, depth: SourceDepth) -> Result<Digest, Error> {
    let py = task.py();
    let digest = || -> PyResult<Digest> {
        let deep = matches!(depth, SourceDepth::Deep);
        let bytes = task.call_method1(intern!(py, "_source_digest"), (deep,))?;
        let bytes = bytes.cast::<PyBytes>()?.as_bytes().try_into();
        bytes.map(Digest::from_bytes).map_err(|_| PyRuntimeError::new_err("a digest of code has 32 bytes"))
    };
    digest().map_err(|exception| error::of_user(ErrorKind::Key, "the digest of the task's code failed", exception))
}
