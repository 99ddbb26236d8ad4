//! One call of a task on its way: the arguments, the value, and everything the engine may ask for.

use std::sync::Arc;
use std::time::Duration;

use keepwell_core::action::{FrontEndAction, Procedure, Reply};
use keepwell_core::clock::{self, Timestamp};
use keepwell_core::event::Event;
use keepwell_core::hook::HookMoment;
use keepwell_core::id::LazyTaskRunId;
use keepwell_core::record::EncodedValue;
use keepwell_core::run::{State, StateType, TaskCall, TaskRun, TaskRunEnd, task_run_name};
use keepwell_core::settings::Settings;
use keepwell_core::store::ResultStore;
use keepwell_core::transaction::Transaction;
use keepwell_core::{Error, ErrorKind};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::prepared::{FunctionKind, Prepared};
use super::{Arguments, BodyEnd, RunDetails, describe, final_state, stopped};
use crate::calling::{Caller, Finished, Work, call_hook, is_ordinary, was_cancelled};
use crate::context::{self, Around, TaskSurroundings};
use crate::serializer::Serializer;
use crate::transaction::TransactionHandle;
use crate::{error, report, settings};

/// One call of a task on its way.
pub(crate) struct TaskCaller {
    pub(super) task: Py<PyAny>,
    pub(super) prepared: Arc<Prepared>,
    pub(super) arguments: Arguments,
    pub(super) around: Around,
    pub(super) id: Arc<LazyTaskRunId>,
    name: Arc<str>,
    /// Why the run has not got the name that its task gives it: the run fails with that.
    pub(super) unnamed: Option<PyErr>,
    store: Arc<ResultStore>,
    persists: bool,
    settings: Arc<Settings>,
    wants_state: bool,
    started: Timestamp,
    /// Of the current attempt, made when something looks at it.
    surroundings: PyOnceLock<Arc<TaskSurroundings>>,
    run_count: u32,
    body_started: Duration,
    token: Option<Py<PyAny>>,
    body_surroundings: Option<Around>,
    outcome: Option<BodyEnd>,
    /// Whether the outcome is a record's value.
    is_replayed: bool,
}

impl TaskCaller {
    /// Prepares the call in the surroundings of the calling code.
    pub(super) fn new(
        py: Python<'_>,
        task: Py<PyAny>,
        prepared: Arc<Prepared>,
        arguments: Arguments,
        options: CallOptions,
    ) -> PyResult<Self> {
        let settings = settings::current(py)?;
        let around = options.around;
        let definition = &prepared.definition;
        let persists = definition.persists(around.persistence(), &settings);
        let store = prepared.stores.of_task(definition, around.store(), &settings);
        let clock = clock::of_process();
        let id = options.id.unwrap_or_else(|| Arc::new(LazyTaskRunId::new(Arc::clone(clock))));
        let usual_name = || task_run_name(&definition.name, around.flow.is_some(), &id);
        let (name, unnamed) = match own_name(py, &prepared, &arguments) {
            Ok(name) => (name.unwrap_or_else(usual_name), None),
            Err(exception) => (usual_name(), Some(exception)),
        };
        Ok(Self {
            task,
            prepared,
            arguments,
            around,
            id,
            name,
            unnamed,
            store,
            persists,
            settings,
            wants_state: options.wants_state,
            started: clock.now(),
            surroundings: PyOnceLock::new(),
            run_count: 0,
            body_started: Duration::ZERO,
            token: None,
            body_surroundings: None,
            outcome: None,
            is_replayed: false,
        })
    }

    /// What surrounds the body of an attempt, which counts from 1.
    pub(super) fn surroundings(&self, py: Python<'_>, run_count: u32) -> PyResult<&Arc<TaskSurroundings>> {
        self.surroundings.get_or_try_init(py, || {
            let parameters = self.prepared.parameters.dictionary(py, &self.arguments.bound)?;
            Ok(Arc::new(TaskSurroundings::new(
                Arc::clone(&self.id),
                Arc::clone(&self.name),
                (self.persists, self.logs_prints()),
                Arc::clone(&self.store),
                self.task.clone_ref(py),
                parameters.unbind(),
                self.started,
                run_count,
            )))
        })
    }

    pub(super) fn task_run(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.surroundings(py, self.run_count.max(1))?.task_run(py, &self.around)
    }

    /// How values are turned into bytes: the task decides, then the flow around, then the settings.
    fn serializer(&self, py: Python<'_>) -> Result<Serializer, Error> {
        let of_flow = || self.around.flow.as_ref().and_then(|flow| flow.serializer.as_ref());
        match self.prepared.serializer.as_ref().or_else(of_flow) {
            Some(serializer) => Ok(serializer.clone()),
            None => Serializer::of_settings(py, &self.settings),
        }
    }

    fn encode(&self, py: Python<'_>) -> Result<EncodedValue, Error> {
        match &self.outcome {
            Some(BodyEnd::Returned(value)) => self.serializer(py)?.encode(py, value.bind(py)),
            Some(BodyEnd::Chosen(state)) => {
                let data = state.getattr(py, intern!(py, "data")).map_err(|exception| {
                    error::of_user(ErrorKind::Serialization, "the state has no data to be kept", exception)
                })?;
                self.serializer(py)?.encode(py, data.bind(py))
            }
            Some(BodyEnd::Raised(_)) | None => Err(Error::new(ErrorKind::Serialization, "there is no value to keep")),
        }
    }

    fn decode(&mut self, py: Python<'_>, value: EncodedValue) -> Result<(), Error> {
        let serializer = self.serializer(py)?;
        let maps = serializer.maps().unwrap_or(self.settings.results.mmap);
        let value = serializer.decode(py, value, maps)?;
        self.outcome = Some(BodyEnd::Returned(value));
        self.is_replayed = true;
        Ok(())
    }

    fn begin_body(&mut self, py: Python<'_>, transaction: Option<Transaction>, attempt: u32) -> PyResult<Py<PyAny>> {
        self.run_count = attempt + 1;
        if attempt > 0 {
            self.surroundings = PyOnceLock::new();
        }
        let task = Arc::clone(self.surroundings(py, attempt + 1)?);
        let around = Around { task: Some(task), transaction, ..self.around.clone() };
        self.body_started = clock::of_process().monotonic();
        if self.prepared.kind.is_generator() {
            // Its code runs only between two items: whoever iterates enters and leaves.
            self.body_surroundings = Some(around);
        } else {
            self.token = Some(context::enter(py, around)?);
        }
        match &self.unnamed {
            Some(exception) => Err(exception.clone_ref(py)),
            None => self.call_function(py),
        }
    }

    fn call_function(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let Arguments { args, kwargs, .. } = &self.arguments;
        let function = self.prepared.function.bind(py);
        let kwargs = kwargs.as_ref().map(|kwargs| kwargs.bind(py));
        let timeout = self.prepared.definition.timeout;
        // The code of a generator runs later, step by step.
        if self.prepared.kind.is_generator() || (!self.logs_prints() && timeout.is_none()) {
            return function.call(args.bind(py), kwargs).map(Bound::unbind);
        }
        let is_async = self.prepared.kind == FunctionKind::Asynchronous;
        let call = py.import("keepwell._bodies")?.getattr("call")?;
        let seconds = timeout.map(|timeout| timeout.as_secs_f64());
        call.call1((function, args, kwargs, "task", is_async, self.logs_prints(), seconds)).map(Bound::unbind)
    }

    /// Whether what the body prints is logged: the task decides, then the flow around, then the settings.
    fn logs_prints(&self) -> bool {
        let of_flow = || self.around.flow.as_ref().map(|flow| flow.log_prints);
        self.prepared.log_prints.or_else(of_flow).unwrap_or(self.settings.logging.log_prints)
    }

    fn leave(&mut self, py: Python<'_>) {
        if let Some(token) = self.token.take() {
            context::leave(py, &token);
        }
    }

    fn end_body(&mut self, py: Python<'_>, last: bool, outcome: PyResult<Py<PyAny>>) -> PyResult<Reply> {
        self.leave(py);
        let end = BodyEnd::of(py, outcome);
        let timeout = self.prepared.definition.timeout;
        let is_final = end.exception().is_some_and(|exception| was_cancelled(py, exception)) || last;
        let mut signal = None;
        let may_retry = || {
            !is_final
                && self.may_retry(py, &end).unwrap_or_else(|exception| {
                    signal = (!is_ordinary(py, &exception)).then_some(exception);
                    false
                })
        };
        let reply = describe(py, &end, "Task", timeout, self.body_started, may_retry);
        self.outcome = Some(end);
        signal.map_or(Ok(reply), Err)
    }

    /// What the task's own condition says; without one every failure may be tried again.
    fn may_retry(&self, py: Python<'_>, end: &BodyEnd) -> PyResult<bool> {
        if self.unnamed.is_some() {
            return Ok(false);
        }
        let Some(condition) = &self.prepared.retry_condition else { return Ok(true) };
        let check = py.import("keepwell._bodies")?.getattr("may_retry")?;
        let failure = match end {
            BodyEnd::Raised(exception) => exception.value(py).clone().into_any(),
            BodyEnd::Chosen(state) | BodyEnd::Returned(state) => state.bind(py).clone(),
        };
        check.call1((condition, &self.task, self.task_run(py)?, failure))?.extract()
    }

    /// What surrounds key functions and hooks: the run, but no transaction of its own.
    pub(super) fn enter(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let task = Arc::clone(self.surroundings(py, self.run_count.max(1))?);
        context::enter(py, Around { task: Some(task), ..self.around.clone() })
    }

    fn run_hook(&mut self, py: Python<'_>, work: &Work) -> PyResult<Py<PyAny>> {
        let Work::Hook { hook, moment } = work else { return Ok(py.None()) };
        self.token = Some(self.enter(py)?);
        let arguments = match moment {
            HookMoment::Entered(state) => self.hook_arguments(py, state)?,
            HookMoment::Committed(transaction) | HookMoment::RolledBack(transaction) => {
                vec![TransactionHandle::shown(py, transaction)?]
            }
        };
        call_hook(py, hook, &arguments).map(Bound::unbind)
    }

    fn hook_arguments<'py>(&self, py: Python<'py>, state: &State) -> PyResult<Vec<Bound<'py, PyAny>>> {
        // A run that starts, or starts again, is told of before its body.
        let count = if state.state_type() == StateType::Running { self.run_count + 1 } else { self.run_count.max(1) };
        let (task_run, state) = (self.task_run(py)?.into_bound(py), self.python_state(py, state)?);
        task_run.setattr(intern!(py, "run_count"), count)?;
        task_run.call_method1(intern!(py, "set_state"), (&state,))?;
        Ok(vec![self.task.bind(py).clone(), task_run, state])
    }

    fn python_state<'py>(&self, py: Python<'py>, state: &State) -> PyResult<Bound<'py, PyAny>> {
        let details = RunDetails {
            task_run: Some(Arc::clone(&self.id)),
            flow_run: self.around.flow_run_id(),
            of_engine: state.details().clone(),
        };
        final_state(py, state, self.outcome.as_ref().filter(|_| state.is_final()), details)
    }
}

/// The name that the task gives its runs, if it does.
fn own_name(py: Python<'_>, prepared: &Prepared, arguments: &Arguments) -> PyResult<Option<Arc<str>>> {
    let Some(run_name) = &prepared.run_name else { return Ok(None) };
    let parameters = prepared.parameters.dictionary(py, &arguments.bound)?;
    Ok(Some(run_name.bind(py).call1((parameters,))?.extract::<String>()?.into()))
}

/// How a call is made.
pub(crate) struct CallOptions {
    pub(crate) around: Around,
    pub(crate) wants_state: bool,
    /// The run's identifier, where somebody has drawn it already.
    pub(crate) id: Option<Arc<LazyTaskRunId>>,
}

impl Caller for TaskCaller {
    type End = TaskRunEnd;

    fn procedure(&self, _py: Python<'_>) -> Procedure<TaskRunEnd> {
        let call = TaskCall {
            definition: Arc::clone(&self.prepared.definition),
            id: Arc::clone(&self.id),
            name: Arc::clone(&self.name),
            flow_run_id: self.around.flow_run_id(),
            parent: self.around.transaction.clone(),
            store: Arc::clone(&self.store),
            persists: self.persists,
            refreshes: self.prepared.definition.refreshes(&self.settings),
            strict_keys: self.settings.tasks.strict_keys,
        };
        TaskRun::new(call).procedure
    }

    fn keeps(&self) -> bool {
        self.persists && !self.prepared.definition.cache_policy.is_none()
    }

    fn body_surroundings(&self) -> Option<&Around> {
        self.body_surroundings.as_ref()
    }

    fn perform(&mut self, py: Python<'_>, action: FrontEndAction) -> Reply {
        match action {
            FrontEndAction::ComputeKey => Reply::Key(self.compute_key(py)),
            FrontEndAction::Encode => Reply::Encoded(self.encode(py)),
            FrontEndAction::Decode(value) => Reply::Decoded(self.decode(py, value)),
            FrontEndAction::RunBody { .. } | FrontEndAction::RunHook { .. } => {
                unreachable!("the user's code is run by `begin` and `end`")
            }
        }
    }

    fn begin(&mut self, py: Python<'_>, work: &Work) -> PyResult<Py<PyAny>> {
        match work {
            Work::Body { transaction, attempt, .. } => self.begin_body(py, transaction.clone(), *attempt),
            Work::Hook { .. } => self.run_hook(py, work),
        }
    }

    fn end(&mut self, py: Python<'_>, work: &Work, outcome: PyResult<Py<PyAny>>) -> PyResult<Reply> {
        match work {
            Work::Body { last, .. } => self.end_body(py, *last, outcome),
            Work::Hook { .. } => {
                self.leave(py);
                Ok(Reply::HookRan(report::hook_outcome(py, outcome)))
            }
        }
    }

    fn stop(&mut self, _py: Python<'_>) -> Reply {
        self.outcome = None;
        stopped(self.body_started)
    }

    fn report(&mut self, py: Python<'_>, event: &Event) -> PyResult<()> {
        let exception = self.outcome.as_ref().and_then(BodyEnd::exception);
        report::task_run(
            py,
            event,
            &report::TaskRunNames {
                run: &self.name,
                id: &self.id,
                task: &self.prepared.definition.name,
                flow: self.around.flow.as_deref(),
            },
            exception,
        )
    }

    fn finish(&mut self, py: Python<'_>, end: TaskRunEnd) -> Finished {
        if let Some(error) = &end.refusal {
            self.outcome = Some(BodyEnd::Raised(error::exception(py, error)));
        }
        if self.wants_state {
            return self.python_state(py, &end.state).map(Bound::unbind);
        }
        BodyEnd::into_return(self.outcome.take(), py)
    }
}
