//! One call of a flow on its way: everything the engine may ask for but running the body.

use std::sync::Arc;

use keepwell_core::action::{FrontEndAction, Procedure, Reply};
use keepwell_core::event::Event;
use keepwell_core::id::FlowRunId;
use keepwell_core::key::Digest;
use keepwell_core::policy::{INPUTS, NoKey};
use keepwell_core::run::{FlowCall, FlowRun, FlowRunEnd, flow_run_name};
use keepwell_core::store::ResultStore;
use keepwell_core::transaction::Transaction;

use super::{Flow, Submitted};
use crate::calling::{self, Arguments, BodyRules, BodyRun};
use crate::context::{Context, FlowRunContext};
use crate::task::{CallTable, Outcome, RunState, hook};
use crate::{clock, report, settings, stores};

/// One call of a flow on its way.
pub(super) struct Caller<'c, A, R> {
    flow: &'c Flow,
    table: &'c CallTable<A, R>,
    arguments: Arguments<A>,
    outcome: Option<Outcome<R>>,
    is_nested: bool,
    transaction: Option<Transaction>,
    context: Arc<FlowRunContext>,
}

/// An attempt to run the body.
pub(super) struct Attempt {
    last: bool,
}

impl<'c, A, R> Caller<'c, A, R> {
    /// Prepares the call in the surroundings of the calling code.
    pub(super) fn new(flow: &'c Flow, table: &'c CallTable<A, R>, arguments: A) -> Self {
        let around = Context::current();
        let definition = flow.definition();
        let id = FlowRunId::new(clock::now());
        let context = FlowRunContext {
            flow_name: Arc::clone(&definition.options.name),
            flow_run_id: id,
            flow_run_name: run_name(flow, table, &arguments, id),
            tags: definition.options.tags.clone(),
            parameters: parameters(table, &arguments),
            persist_result: definition.persists(around.persistence()),
            store: store(flow, &around),
            submitted: Submitted::default(),
        };
        let (is_nested, transaction) = (around.flow.is_some(), around.transaction);
        Self {
            flow,
            table,
            arguments: Arguments::new(arguments, table),
            outcome: None,
            is_nested,
            transaction,
            context: Arc::new(context),
        }
    }
}

impl<A, R> calling::Caller<A, R> for Caller<'_, A, R> {
    type Attempt = Attempt;
    type End = FlowRunEnd;

    /// Without retries if the arguments cannot be cloned for another attempt.
    fn procedure(&self) -> Procedure<FlowRunEnd> {
        let definition = self.flow.definition();
        let mut retry = definition.retry.clone();
        if retry.retries > 0 && !self.arguments.are_clonable() {
            report::not_clonable(&definition.options.name);
            retry.retries = 0;
        }
        let call = FlowCall {
            flow_name: Arc::clone(&definition.options.name),
            id: self.context.flow_run_id,
            name: Arc::clone(&self.context.flow_run_name),
            is_nested: self.is_nested,
            retry,
            hooks: definition.options.hooks.clone(),
        };
        FlowRun::new(call).procedure
    }

    fn finish(&mut self, end: FlowRunEnd) -> RunState<R> {
        RunState::new(end.state, self.outcome.take().expect("a flow run ends after its body has run"))
    }

    fn perform(&mut self, action: FrontEndAction) -> Result<Reply, Attempt> {
        match action {
            FrontEndAction::RunBody { last, .. } => Err(Attempt { last }),
            FrontEndAction::RunHook { hook, moment } => {
                Ok(Reply::HookRan(hook::run(&hook, &moment, &self.context.flow_run_name)))
            }
            FrontEndAction::ComputeKey | FrontEndAction::Encode | FrontEndAction::Decode(_) => {
                unreachable!("a flow has no key and no record")
            }
        }
    }

    fn before_body(&mut self, attempt: Attempt) -> (A, Context) {
        let context =
            Context { flow: Some(Arc::clone(&self.context)), task: None, transaction: self.transaction.clone() };
        (self.arguments.for_attempt(attempt.last), context)
    }

    fn rules(&self) -> BodyRules<R> {
        BodyRules { kind: "Flow", timeout: self.flow.definition().options.timeout, returned: self.table.returned }
    }

    fn after_body(&mut self, run: BodyRun<R>) -> Reply {
        self.outcome = Some(run.outcome);
        run.reply
    }

    fn submitted(&self) -> Option<&Submitted> {
        Some(&self.context.submitted)
    }

    fn report(&self, event: &Event) {
        report::flow_run(event, &self.context.flow_run_name, self.context.flow_run_id);
    }
}

fn run_name<A, R>(flow: &Flow, table: &CallTable<A, R>, arguments: &A, id: FlowRunId) -> Arc<str> {
    if let Some(run_name) = table.run_name {
        return run_name(arguments).into();
    }
    flow_run_name(&flow.definition().options.name, id)
}

/// The digest of the flow's parameters, for the `FLOW_PARAMETERS` policy of the tasks in it.
fn parameters<A, R>(table: &CallTable<A, R>, arguments: &A) -> Result<Digest, keepwell_core::Error> {
    let policy = INPUTS;
    let mut builder = policy.key_builder();
    (table.inputs)(arguments, &mut builder);
    match builder.finish().key {
        Ok(key) => Ok(key.digest()),
        Err(NoKey::Refused(error) | NoKey::Uncomputable(error)) => Err(error),
        Err(NoKey::Policy | NoKey::NoParts | NoKey::Declined(_)) => Ok(Digest::of(&[])),
    }
}

/// Where the results of the flow's tasks are kept, where they do not say: the flow decides, then the run around it.
fn store(flow: &Flow, around: &Context) -> Option<Arc<ResultStore>> {
    let own = flow.definition().options.result_storage.as_ref();
    own.map(|location| Arc::new(ResultStore::at(location, &settings::current())))
        .or_else(|| stores::enclosing(around).cloned())
}
