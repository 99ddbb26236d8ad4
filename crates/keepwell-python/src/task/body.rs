//! How the user's function ended, in the engine's words.

use std::time::Duration;

use keepwell_core::action::{BodyOutcome, BodyReport, FailureKind, Reply};
use keepwell_core::clock;
use keepwell_core::run::{State, StateType};
use pyo3::exceptions::PyTimeoutError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyList, PySet, PyTuple};

use crate::calling::is_ordinary;
use crate::engine::Input;

/// How a body ended: with a value, with an exception, or with a state of its own.
#[derive(Debug)]
pub(crate) enum BodyEnd {
    Returned(Py<PyAny>),
    Raised(PyErr),
    /// A state that the body returned, or that stands for the states it returned.
    Chosen(Py<PyAny>),
}

impl BodyEnd {
    /// From what a call of the function came to.
    pub(crate) fn of(py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> Self {
        match outcome {
            Err(exception) => Self::Raised(with_traceback(py, exception)),
            Ok(value) if !may_be_states(value.bind(py)) => Self::Returned(value),
            Ok(value) => match as_state(value.bind(py)) {
                Ok(Some(state)) => Self::Chosen(state.unbind()),
                Ok(None) => Self::Returned(value),
                Err(exception) => Self::Raised(exception),
            },
        }
    }

    /// What was raised, if anything was.
    pub(crate) fn exception(&self) -> Option<&PyErr> {
        match self {
            Self::Raised(exception) => Some(exception),
            Self::Returned(_) | Self::Chosen(_) => None,
        }
    }

    /// What a plain call gives back; `None` where the body never ran.
    pub(crate) fn into_return(end: Option<Self>, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match end {
            Some(Self::Returned(value)) => Ok(value),
            Some(Self::Raised(exception)) => Err(exception),
            Some(Self::Chosen(state)) => state.call_method0(py, intern!(py, "_value_or_raise")),
            None => Ok(py.None()),
        }
    }
}

/// The same exception, whose object has its traceback: before Python 3.12 it gets that only when it is raised again.
fn with_traceback(py: Python<'_>, exception: PyErr) -> PyErr {
    PyErr::from_value(exception.into_value(py).into_bound(py).into_any())
}

fn may_be_states(value: &Bound<'_, PyAny>) -> bool {
    let first = if let Ok(list) = value.cast::<PyList>() {
        list.iter().next()
    } else if let Ok(tuple) = value.cast::<PyTuple>() {
        tuple.iter().next()
    } else if let Ok(set) = value.cast::<PySet>() {
        set.iter().next()
    } else {
        Some(value.clone())
    };
    first.is_some_and(|first| first.is_instance_of::<Input>())
}

/// The state that a returned value stands for, if it does.
fn as_state<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = value.py();
    let state = py.import(intern!(py, "keepwell._outcomes"))?.getattr("chosen_state")?.call1((value,))?;
    Ok((!state.is_none()).then_some(state))
}

/// The engine's state for a state of Python's.
pub(crate) fn chosen_state(state: &Bound<'_, PyAny>) -> PyResult<State> {
    let py = state.py();
    let type_name: String = state.getattr(intern!(py, "type"))?.getattr(intern!(py, "value"))?.extract()?;
    let state_type = match type_name.as_str() {
        "COMPLETED" => StateType::Completed,
        "CANCELLED" | "CANCELLING" => StateType::Cancelled,
        "CRASHED" => StateType::Crashed,
        "SCHEDULED" | "PAUSED" => StateType::Scheduled,
        "PENDING" => StateType::Pending,
        "RUNNING" => StateType::Running,
        _ => StateType::Failed,
    };
    let name: Option<String> = state.getattr(intern!(py, "name"))?.extract()?;
    let message: Option<String> = state.getattr(intern!(py, "message"))?.extract()?;
    let engine = State::named(state_type, name.unwrap_or(type_name));
    Ok(match message {
        Some(message) => engine.with_message(message),
        None => engine,
    })
}

/// The report that the engine is owed of a body that began at `started`.
pub(crate) fn describe(
    py: Python<'_>,
    end: &BodyEnd,
    kind: &'static str,
    timeout: Option<Duration>,
    started: Duration,
    may_retry: impl FnOnce() -> bool,
) -> Reply {
    let clock = clock::of_process();
    let duration = clock.monotonic().saturating_sub(started);
    let (outcome, state) = match end {
        BodyEnd::Returned(_) => (BodyOutcome::Returned, None),
        BodyEnd::Raised(exception) => (failure(py, exception, kind, timeout, may_retry), None),
        BodyEnd::Chosen(state) => match chosen_state(state.bind(py)) {
            Ok(state) if state.is_completed() => (BodyOutcome::Returned, Some(state)),
            Ok(state) => {
                let message = format!("{kind} run failed with state: {state}");
                let may_retry = state.is_failed() && may_retry();
                (BodyOutcome::Failed { kind: FailureKind::Raised, message, may_retry }, Some(state))
            }
            Err(exception) => (failure(py, &exception, kind, timeout, may_retry), None),
        },
    };
    Reply::Body(BodyReport { outcome, ended: clock.now(), duration, state })
}

/// The report of a generator whose consumer wanted no more of it.
pub(crate) fn stopped(started: Duration) -> Reply {
    let clock = clock::of_process();
    let duration = clock.monotonic().saturating_sub(started);
    Reply::Body(BodyReport { outcome: BodyOutcome::Stopped, ended: clock.now(), duration, state: None })
}

fn failure(
    py: Python<'_>,
    exception: &PyErr,
    kind: &'static str,
    timeout: Option<Duration>,
    may_retry: impl FnOnce() -> bool,
) -> BodyOutcome {
    if !is_ordinary(py, exception) {
        return BodyOutcome::Failed {
            kind: FailureKind::Crashed,
            message: crash_message(py, exception),
            may_retry: false,
        };
    }
    if exception.is_instance_of::<PyTimeoutError>(py) {
        let message = match timeout.filter(|_| is_ours(py, exception)) {
            Some(timeout) => format!("{kind} run exceeded timeout of {} second(s)", timeout.as_secs_f64()),
            None => format!("{kind} run failed due to timeout: {}", representation(py, exception)),
        };
        return BodyOutcome::Failed { kind: FailureKind::TimedOut, message, may_retry: may_retry() };
    }
    BodyOutcome::Failed { kind: FailureKind::Raised, message: words(py, exception), may_retry: may_retry() }
}

/// Whether a timeout is that of the run, and not one that the user's own code met.
fn is_ours(py: Python<'_>, exception: &PyErr) -> bool {
    exception.value(py).hasattr(intern!(py, "_keepwell_run")).unwrap_or_default()
}

/// `ValueError: boom`.
pub(crate) fn words(py: Python<'_>, exception: &PyErr) -> String {
    let class = exception.get_type(py).name().map_or_else(|_| "Exception".to_owned(), |name| name.to_string());
    match exception.value(py).str() {
        Ok(text) => format!("{class}: {text}"),
        Err(_) => class,
    }
}

/// `ValueError('boom')`.
fn representation(py: Python<'_>, exception: &PyErr) -> String {
    exception.value(py).repr().map_or_else(|_| words(py, exception), |text| text.to_string())
}

fn crash_message(py: Python<'_>, exception: &PyErr) -> String {
    let told = py
        .import("keepwell._outcomes")
        .and_then(|module| module.getattr("crash_message")?.call1((exception.value(py),))?.extract::<String>());
    told.unwrap_or_else(|_| format!("Execution was interrupted by an unexpected exception: {}", words(py, exception)))
}
