//! One call on its way: the arguments, the value, and everything the engine may ask for but running the body.

use std::borrow::Cow;
use std::sync::Arc;

use keepwell_core::Error;
use keepwell_core::action::{FrontEndAction, Procedure, Reply};
use keepwell_core::event::Event;
use keepwell_core::hook::{Hook, HookMoment};
use keepwell_core::id::{FlowRunId, LazyTaskRunId};
use keepwell_core::policy::{ComposedKey, KeyBuilder};
use keepwell_core::record::{EncodedValue, SerializerName};
use keepwell_core::run::{TaskCall, TaskDefinition, TaskRun, TaskRunEnd, task_run_name};
use keepwell_core::settings::Settings;
use keepwell_core::store::ResultStore;
use keepwell_core::transaction::Transaction;

use super::outcome::Outcome;
use super::{CallTable, RunState, Task, hook, key_function};
use crate::calling::{self, Arguments, BodyRules, BodyRun};
use crate::context::{Context, TaskRunContext};
use crate::{clock, program, report, settings, stores};

/// One call on its way.
pub(super) struct Caller<'c, A, R> {
    task: &'c Task,
    table: &'c CallTable<A, R>,
    arguments: Arguments<A>,
    outcome: Option<Outcome<R>>,
    around: Context,
    store: Arc<ResultStore>,
    id: Arc<LazyTaskRunId>,
    name: Arc<str>,
    persists: bool,
    settings: Arc<Settings>,
}

impl<'c, A, R> Caller<'c, A, R> {
    /// Prepares the call in the surroundings of the calling code.
    pub(super) fn new(task: &'c Task, table: &'c CallTable<A, R>, arguments: A) -> Self {
        let settings = settings::current();
        let around = Context::current();
        let id = Arc::new(LazyTaskRunId::new(clock::shared()));
        let name = run_name(task, table, &arguments, &around, &id);
        let persists = task.definition().persists(around.persistence(), &settings);
        let store = task.stores.of_task(task.definition(), stores::enclosing(&around), &settings);
        let arguments = Arguments::new(arguments, table);
        Self { task, table, arguments, outcome: None, around, store, id, name, persists, settings }
    }

    /// The definition, without retries if the arguments cannot be cloned for another attempt.
    fn definition_for_arguments(&self) -> Arc<TaskDefinition> {
        let definition = self.task.definition();
        if definition.retry.retries == 0 || self.arguments.are_clonable() {
            return Arc::clone(definition);
        }
        let mut once = (**definition).clone();
        once.retry.retries = 0;
        once.warnings.push(format!("Task '{}' cannot be retried: an argument cannot be cloned", definition.name));
        Arc::new(once)
    }

    fn flow_run_id(&self) -> Option<FlowRunId> {
        self.around.flow.as_ref().map(|flow| flow.flow_run_id)
    }

    fn context(&self) -> TaskRunContext {
        TaskRunContext {
            task: Arc::clone(self.task.definition()),
            task_run_id: self.id.get(),
            task_run_name: Arc::clone(&self.name),
            flow_run_id: self.flow_run_id(),
            persists: self.persists,
            store: Arc::clone(&self.store),
        }
    }

    fn compute_key(&self) -> ComposedKey {
        let arguments = self.arguments.get();
        let mut builder = self.task.definition().cache_policy.key_builder();
        (self.table.inputs)(arguments, &mut builder);
        if let Some(depth) = builder.wants_task_source() {
            builder.task_source(self.task.source(depth));
        }
        if builder.wants_run_id() {
            builder.run_id(self.flow_run_id(), self.id.get());
        }
        if builder.wants_flow_parameters() {
            self.add_flow_parameters(&mut builder);
        }
        if builder.wants_build() {
            match program::digest() {
                Ok(digest) => builder.build(digest),
                Err(error) => builder.fail(error),
            }
        }
        let functions = builder.wanted_functions();
        if !functions.is_empty() {
            let (context, parameters) = (self.context(), (self.table.parameters)(arguments));
            for function in functions {
                match key_function::call(function, &context, &parameters) {
                    Ok(text) => builder.key_function(function, text),
                    Err(error) => builder.fail(error),
                }
            }
        }
        builder.finish()
    }

    fn add_flow_parameters(&self, builder: &mut KeyBuilder<'_>) {
        match self.around.flow.as_ref().map(|flow| &flow.parameters) {
            None => builder.flow_parameters(None),
            Some(Ok(digest)) => builder.flow_parameters(Some(*digest)),
            Some(Err(error)) => builder.fail(report::copy_of(error)),
        }
    }

    fn encode(&self) -> Result<EncodedValue, Error> {
        let Some(Outcome::Value(value)) = &self.outcome else {
            unreachable!("a value is encoded after the body has returned it");
        };
        (self.table.returned.encode)(value, &self.serializer())
    }

    fn serializer(&self) -> Cow<'_, SerializerName> {
        match &self.task.definition().result_serializer {
            Some(serializer) => Cow::Borrowed(serializer),
            None => Cow::Owned(self.settings.serializer()),
        }
    }

    fn decode(&mut self, value: &EncodedValue) -> Result<(), Error> {
        self.outcome = Some(Outcome::Value((self.table.returned.decode)(value)?));
        Ok(())
    }

    fn run_hook(&self, hook: &Hook, moment: &HookMoment) -> Result<(), Error> {
        hook::run(hook, moment, &self.name)
    }
}

impl<A, R> calling::Caller<A, R> for Caller<'_, A, R> {
    type Attempt = Attempt;
    type End = TaskRunEnd;

    fn procedure(&self) -> Procedure<TaskRunEnd> {
        let call = TaskCall {
            definition: self.definition_for_arguments(),
            id: Arc::clone(&self.id),
            name: Arc::clone(&self.name),
            flow_run_id: self.flow_run_id(),
            parent: self.around.transaction.clone(),
            store: Arc::clone(&self.store),
            persists: self.persists,
            refreshes: self.task.definition().refreshes(&self.settings),
            strict_keys: self.settings.tasks.strict_keys,
        };
        TaskRun::new(call).procedure
    }

    fn finish(&mut self, end: TaskRunEnd) -> RunState<R> {
        let outcome = match end.refusal {
            Some(error) => Outcome::Refused(error),
            None => {
                self.outcome.take().expect("a run that the engine did not refuse has run its body or found its record")
            }
        };
        RunState::new(end.state, outcome)
    }

    fn perform(&mut self, action: FrontEndAction) -> Result<Reply, Attempt> {
        match action {
            FrontEndAction::ComputeKey => Ok(Reply::Key(self.compute_key())),
            FrontEndAction::RunBody { transaction, last, .. } => Err(Attempt { transaction, last }),
            FrontEndAction::Encode => Ok(Reply::Encoded(self.encode())),
            FrontEndAction::Decode(value) => Ok(Reply::Decoded(self.decode(&value))),
            FrontEndAction::RunHook { hook, moment } => Ok(Reply::HookRan(self.run_hook(&hook, &moment))),
        }
    }

    fn before_body(&mut self, attempt: Attempt) -> (A, Context) {
        let context = Context {
            flow: self.around.flow.clone(),
            task: Some(Arc::new(self.context())),
            transaction: attempt.transaction,
        };
        (self.arguments.for_attempt(attempt.last), context)
    }

    fn rules(&self) -> BodyRules<R> {
        BodyRules { kind: "Task", timeout: self.task.definition().timeout, returned: self.table.returned }
    }

    fn after_body(&mut self, run: BodyRun<R>) -> Reply {
        self.outcome = Some(run.outcome);
        run.reply
    }

    fn report(&self, event: &Event) {
        report::task_run(event, &self.name, &self.id);
    }
}

/// What an attempt is made with.
pub(super) struct Attempt {
    /// The transaction that the body's own calls belong to.
    transaction: Option<Transaction>,
    /// Whether no other attempt can follow.
    last: bool,
}

fn run_name<A, R>(
    task: &Task,
    table: &CallTable<A, R>,
    arguments: &A,
    around: &Context,
    id: &LazyTaskRunId,
) -> Arc<str> {
    if let Some(run_name) = table.run_name {
        return run_name(arguments).into();
    }
    task_run_name(&task.definition().name, around.flow.is_some(), id)
}
