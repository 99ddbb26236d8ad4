//! One call of a flow on its way: everything the engine may ask for.

use std::sync::Arc;
use std::time::Duration;

use keepwell_core::action::{FrontEndAction, Procedure, Reply};
use keepwell_core::clock;
use keepwell_core::event::Event;
use keepwell_core::hook::HookMoment;
use keepwell_core::run::{FlowCall, FlowDefinition, FlowRun, FlowRunEnd, State};
use keepwell_core::transaction::Transaction;
use pyo3::intern;
use pyo3::prelude::*;

use crate::calling::{Caller, Finished, Work, call_hook, was_cancelled};
use crate::context::{self, Around, FlowSurroundings};
use crate::report;
use crate::task::{BodyEnd, RunDetails, describe, final_state, stopped};

/// One call of a flow on its way.
pub(super) struct FlowCaller {
    definition: Arc<FlowDefinition>,
    surroundings: Arc<FlowSurroundings>,
    around: Around,
    /// Runs the flow's function with its parameters.
    body: Py<PyAny>,
    is_generator: bool,
    wants_state: bool,
    body_surroundings: Option<Around>,
    body_started: Duration,
    token: Option<Py<PyAny>>,
    outcome: Option<BodyEnd>,
}

impl FlowCaller {
    pub(super) fn new(
        definition: Arc<FlowDefinition>,
        surroundings: Arc<FlowSurroundings>,
        around: Around,
        body: Py<PyAny>,
        is_generator: bool,
        wants_state: bool,
    ) -> Self {
        Self {
            definition,
            surroundings,
            around,
            body,
            is_generator,
            wants_state,
            body_surroundings: None,
            body_started: Duration::ZERO,
            token: None,
            outcome: None,
        }
    }

    /// What surrounds the body and hooks.
    fn surroundings(&self) -> Around {
        Around { flow: Some(Arc::clone(&self.surroundings)), task: None, ..self.around.clone() }
    }

    fn leave(&mut self, py: Python<'_>) {
        if let Some(token) = self.token.take() {
            context::leave(py, &token);
        }
    }

    fn begin_body(&mut self, py: Python<'_>, attempt: u32) -> PyResult<Py<PyAny>> {
        let around = self.surroundings();
        self.body_started = clock::of_process().monotonic();
        if self.is_generator {
            self.body_surroundings = Some(around);
        } else {
            self.token = Some(context::enter(py, around)?);
        }
        self.body.bind(py).call1((attempt + 1,)).map(Bound::unbind)
    }

    fn end_body(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> Reply {
        self.leave(py);
        let end = BodyEnd::of(py, outcome);
        let may_retry = !end.exception().is_some_and(|exception| was_cancelled(py, exception));
        let timeout = self.definition.options.timeout;
        let reply = describe(py, &end, "Flow", timeout, self.body_started, || may_retry);
        self.outcome = Some(end);
        reply
    }

    fn run_hook(&mut self, py: Python<'_>, work: &Work) -> PyResult<Py<PyAny>> {
        let Work::Hook { hook, moment: HookMoment::Entered(state) } = work else { return Ok(py.None()) };
        self.token = Some(context::enter(py, self.surroundings())?);
        let context = self.surroundings.context.bind(py);
        let (flow, flow_run) = (context.getattr(intern!(py, "flow"))?, context.getattr(intern!(py, "flow_run"))?);
        let state = self.python_state(py, state)?;
        flow_run.call_method1(intern!(py, "set_state"), (&state,))?;
        call_hook(py, hook, &[flow, flow_run, state]).map(Bound::unbind)
    }

    fn python_state<'py>(&self, py: Python<'py>, state: &State) -> PyResult<Bound<'py, PyAny>> {
        let flow_run = Some(self.surroundings.id);
        let details = RunDetails { task_run: None, flow_run, of_engine: state.details().clone() };
        final_state(py, state, self.outcome.as_ref().filter(|_| state.is_final()), details)
    }
}

impl Caller for FlowCaller {
    type End = FlowRunEnd;

    fn procedure(&self, _py: Python<'_>) -> Procedure<FlowRunEnd> {
        let call = FlowCall {
            flow_name: Arc::clone(&self.surroundings.flow_name),
            id: self.surroundings.id,
            name: Arc::clone(&self.surroundings.name),
            is_nested: self.around.flow.is_some(),
            retry: self.definition.retry.clone(),
            hooks: self.definition.options.hooks.clone(),
        };
        FlowRun::new(call).procedure
    }

    fn perform(&mut self, _py: Python<'_>, action: FrontEndAction) -> Reply {
        unreachable!("a flow has no key and no record, and asked for {action:?}")
    }

    fn begin(&mut self, py: Python<'_>, work: &Work) -> PyResult<Py<PyAny>> {
        match work {
            Work::Body { attempt, .. } => self.begin_body(py, *attempt),
            Work::Hook { .. } => self.run_hook(py, work),
        }
    }

    fn end(&mut self, py: Python<'_>, work: &Work, outcome: PyResult<Py<PyAny>>) -> PyResult<Reply> {
        match work {
            Work::Body { .. } => Ok(self.end_body(py, outcome)),
            Work::Hook { .. } => {
                self.leave(py);
                Ok(Reply::HookRan(report::hook_outcome(py, outcome)))
            }
        }
    }

    fn body_surroundings(&self) -> Option<&Around> {
        self.body_surroundings.as_ref()
    }

    fn transaction_around(&self) -> Option<&Transaction> {
        self.around.transaction.as_ref()
    }

    fn stop(&mut self, _py: Python<'_>) -> Reply {
        self.outcome = None;
        stopped(self.body_started)
    }

    fn report(&mut self, py: Python<'_>, event: &Event) -> PyResult<()> {
        report::flow_run(py, event, &self.surroundings, self.outcome.as_ref().and_then(BodyEnd::exception))
    }

    fn finish(&mut self, py: Python<'_>, end: FlowRunEnd) -> Finished {
        if self.wants_state {
            return self.python_state(py, &end.state).map(Bound::unbind);
        }
        BodyEnd::into_return(self.outcome.take(), py)
    }
}
