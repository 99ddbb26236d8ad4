//! One run of a task, from its key to its final state.

use std::borrow::Cow;
use std::sync::Arc;

use super::{State, StateDetails, TaskDefinition, steps};
use crate::action::{BodyOutcome, BodyReport, FailureKind, Outside, Procedure};
use crate::event::{Event, HitSource, Problem, ProblemKind};
use crate::id::{FlowRunId, LazyTaskRunId};
use crate::key::{CacheKey, Digest, Part};
use crate::policy::{ComposedKey, NoKey};
use crate::record::{Expiration, NamedDigest, Provenance};
use crate::store::{MissReason, ResultStore, Write};
use crate::transaction::{self, Begun, Ending, Owner, Transaction, TransactionOptions};
use crate::{Error, ErrorKind};

/// A task call, with everything that was decided before it runs.
#[derive(Clone, Debug)]
pub struct TaskCall {
    /// The task.
    pub definition: Arc<TaskDefinition>,
    /// The run's identifier.
    pub id: Arc<LazyTaskRunId>,
    /// The run's name.
    pub name: Arc<str>,
    /// The flow run that it belongs to.
    pub flow_run_id: Option<FlowRunId>,
    /// The transaction that it is nested in.
    pub parent: Option<Transaction>,
    /// Where its result is kept.
    pub store: Arc<ResultStore>,
    /// Whether its result is kept.
    pub persists: bool,
    /// Whether a record that exists is ignored and replaced.
    pub refreshes: bool,
    /// Whether an input that has no stable key fails the run, in place of running it without caching.
    pub strict_keys: bool,
}

/// The run of a task call. One that is given up before its end is to be [abandoned](Procedure::abandon).
#[derive(Debug)]
pub struct TaskRun {
    /// What it decides.
    pub procedure: Procedure<TaskRunEnd>,
}

/// How a run ended.
#[derive(Debug)]
pub struct TaskRunEnd {
    /// The final state. If it is completed the front end has the value.
    pub state: Arc<State>,
    /// Why the engine did not let the body run. If there is none and the state is not completed, the front end has the
    /// user's own error.
    pub refusal: Option<Error>,
}

impl TaskRun {
    /// The run of `call`.
    pub fn new(call: TaskCall) -> Self {
        let details = StateDetails::default();
        Self { procedure: Procedure::new(|outside| Run { outside, call, details }.into_end()) }
    }
}

struct Run {
    outside: Outside,
    call: TaskCall,
    details: StateDetails,
}

/// A call's key and what it was made of.
struct Keyed {
    key: CacheKey,
    parts: Vec<(Part, Digest)>,
    inputs: Vec<(Cow<'static, str>, Digest)>,
}

/// What one attempt came to.
enum Attempt {
    Ended(State, Option<Error>),
    Failed { kind: FailureKind, message: String, is_final: bool, state: Option<State> },
}

impl Run {
    #[expect(clippy::manual_async_fn, reason = "an `async fn` would keep room for its argument twice")]
    fn into_end(mut self) -> impl Future<Output = TaskRunEnd> + Send {
        async move {
            self.announce();
            let mut attempt = 0;
            let (state, refusal) = loop {
                let problems = steps::enter_running(&self.outside, &self.call.definition.hooks, attempt).await;
                self.details.problems.extend(problems);
                match self.attempt(attempt).await {
                    Attempt::Ended(state, refusal) => break (state, refusal),
                    Attempt::Failed { kind, message, is_final, state } => {
                        if is_final {
                            break (self.failed(attempt, kind, message, state), None);
                        }
                        let (definition, id) = (&self.call.definition, self.call.id.get());
                        let wait = steps::wait_for_retry(
                            &self.outside,
                            "Task",
                            &definition.retry,
                            id.as_bytes(),
                            attempt,
                            (message, state.is_some()),
                        );
                        Box::pin(wait).await;
                        attempt += 1;
                    }
                }
            };
            let hooks = &self.call.definition.hooks;
            let state = steps::enter_final(&self.outside, hooks, state, self.details).await;
            self.outside.report(Event::Finished(Arc::clone(&state)));
            TaskRunEnd { state, refusal }
        }
    }

    fn announce(&mut self) {
        let name = Arc::clone(&self.call.definition.name);
        self.outside.report(Event::Created { name, run_name: Arc::clone(&self.call.name) });
        for warning in &self.call.definition.warnings {
            let problem = Problem::tell(&self.outside, ProblemKind::Options, warning.as_str());
            self.details.problems.push(problem);
        }
    }

    fn is_last(&self, attempt: u32) -> bool {
        attempt >= self.call.definition.retry.retries
    }

    /// One attempt, in a transaction of its own.
    async fn attempt(&mut self, attempt: u32) -> Attempt {
        let keyed = self.key().await;
        self.details.cache_key = keyed.as_ref().ok().and_then(|keyed| Some(keyed.as_ref()?.key.clone()));
        let transaction = match Transaction::open(self.call.parent.as_ref(), self.transaction_options()) {
            Ok(transaction) => transaction,
            Err(error) => return Box::pin(self.refused(error, None)).await,
        };
        let keyed = match keyed {
            Ok(keyed) => keyed,
            // A failure like any other: it undoes the user's transaction around it.
            Err(error) => return Box::pin(self.refused(error, Some(&transaction))).await,
        };
        match transaction::begin(&self.outside, &transaction, true).await {
            Ok(Begun::Hit(source)) => self.hit(source),
            Ok(Begun::Miss(reason)) => {
                self.missed(reason);
                // On the heap, so that a hit, which never gets here, does not carry the room for it.
                Box::pin(self.run_body(&transaction, keyed, attempt)).await
            }
            Ok(Begun::WithoutKey) => Box::pin(self.run_body(&transaction, None, attempt)).await,
            Err(error) => Box::pin(self.refused(error, Some(&transaction))).await,
        }
    }

    fn transaction_options(&self) -> TransactionOptions {
        let policy = &self.call.definition.cache_policy;
        TransactionOptions {
            owner: Owner::Task(Arc::clone(&self.call.name)),
            key: self.details.cache_key.clone(),
            store: Some(Arc::clone(&self.call.store)),
            isolation_level: policy.configuration().isolation_level,
            commit_mode: None,
            overwrite: self.call.refreshes,
            write_on_commit: self.call.persists,
        }
    }

    /// The key of this attempt; none if the call is not cached.
    async fn key(&mut self) -> Result<Option<Keyed>, Error> {
        if !self.call.persists {
            return Ok(self.without_key("results are not persisted"));
        }
        if self.call.definition.cache_policy.is_none() {
            return Ok(self.without_key(&NoKey::Policy.to_string()));
        }
        let ComposedKey { key, parts, inputs } = self.outside.compute_key().await?;
        match key {
            Ok(key) => Ok(Some(Keyed { key, parts, inputs })),
            Err(NoKey::Refused(error)) => Err(error),
            Err(NoKey::Uncomputable(error)) if self.call.strict_keys => Err(error),
            Err(NoKey::Uncomputable(error)) => {
                let problem = Problem::report(&self.outside, ProblemKind::Key, &error);
                self.details.not_cached = Some(Arc::clone(&problem.message));
                self.details.problems.push(problem);
                Ok(None)
            }
            Err(reason @ (NoKey::Policy | NoKey::NoParts | NoKey::Declined(_))) => {
                Ok(self.without_key(&reason.to_string()))
            }
        }
    }

    fn without_key(&mut self, reason: &str) -> Option<Keyed> {
        let reason: Arc<str> = reason.into();
        self.details.not_cached = Some(Arc::clone(&reason));
        self.outside.report(Event::WithoutKey { reason });
        None
    }

    /// The engine does not let the body run.
    async fn refused(&mut self, error: Error, transaction: Option<&Transaction>) -> Attempt {
        if let Some(transaction) = transaction {
            self.end(transaction, Ending::Failed { name: Arc::clone(&self.call.name) }).await;
        }
        let message: Arc<str> = error.report().into();
        self.outside.report(Event::Failed { error: Arc::clone(&message), is_state: false, exhausted: false });
        let kind = if self.outside.is_abandoned() { FailureKind::Crashed } else { FailureKind::Raised };
        Attempt::Ended(State::failed(kind, message.as_ref()), Some(error))
    }

    /// There is nothing to end: a transaction that begins with a hit holds nothing, and its body does not run.
    fn hit(&mut self, source: HitSource) -> Attempt {
        self.details.hit = Some(source);
        // An earlier attempt may have missed.
        self.details.miss = None;
        if let Some(key) = self.details.cache_key.clone() {
            self.outside.report(Event::Hit { key, source });
        }
        Attempt::Ended(State::cached(), None)
    }

    fn missed(&mut self, reason: MissReason) {
        if let Some(key) = self.details.cache_key.clone() {
            self.outside.report(Event::Miss { key, reason: reason.clone() });
        }
        self.details.miss = Some(reason);
    }

    async fn run_body(&mut self, transaction: &Transaction, keyed: Option<Keyed>, attempt: u32) -> Attempt {
        let last = self.is_last(attempt);
        let report = self.outside.run_body(Some(transaction.clone()), attempt, last).await;
        let is_lost = transaction.has_lost_its_lock();
        match &report.outcome {
            BodyOutcome::Returned => match self.keep(transaction, keyed, &report).await {
                Some(adopted) => adopted,
                None => Attempt::Ended(report.state.unwrap_or_else(State::completed), None),
            },
            BodyOutcome::Stopped => {
                self.let_go(transaction).await;
                Attempt::Ended(State::completed(), None)
            }
            BodyOutcome::Failed { kind, message, may_retry } => {
                let is_final = last || !may_retry || *kind == FailureKind::Crashed;
                let name = Arc::clone(&self.call.name);
                let ending = if is_final { Ending::Failed { name } } else { Ending::WillRetry };
                self.end(transaction, ending).await;
                if is_lost && let Some(adopted) = Box::pin(self.adopt()).await {
                    return adopted;
                }
                Attempt::Failed { kind: *kind, message: message.clone(), is_final, state: report.state }
            }
        }
    }

    /// Stages the value and ends the transaction. Whatever goes wrong, the value is the caller's, but where another run has
    /// got the key meanwhile: then that one's record is this run's end, if it comes.
    async fn keep(&mut self, transaction: &Transaction, keyed: Option<Keyed>, report: &BodyReport) -> Option<Attempt> {
        let stays = self.details.miss.as_ref().is_some_and(MissReason::forbids_overwriting);
        let write = match keyed {
            Some(keyed) if !stays => Some(self.encode(keyed, report).await),
            Some(_) | None => None,
        };
        // Where another's record stays, none of this run becomes visible.
        for hook in self.call.definition.hooks.commit.iter().filter(|_| !stays).cloned() {
            transaction.on_commit(hook);
        }
        for hook in self.call.definition.hooks.rollback.iter().cloned() {
            transaction.on_rollback(hook);
        }
        let problems = transaction::stage(&self.outside, transaction, write).await;
        self.details.problems.extend(problems);
        let settled = transaction::end(&self.outside, transaction, Ending::Returned).await;
        let is_refused = settled.error.as_ref().is_some_and(|error| error.kind() == ErrorKind::LeaseLost);
        let adopted = if is_refused { Box::pin(self.adopt()).await } else { None };
        let error = settled.error.filter(|_| adopted.is_none());
        self.take_note(settled.problems, error);
        adopted
    }

    /// Waits for whoever has got the lock since this run lost it, and takes that one's record for its own if there is one.
    /// A run that was to replace a record cannot tell the new one from the old, and takes none.
    async fn adopt(&mut self) -> Option<Attempt> {
        if self.call.refreshes || self.outside.is_abandoned() {
            return None;
        }
        let options = TransactionOptions { write_on_commit: false, ..self.transaction_options() };
        let look = Transaction::open(self.call.parent.as_ref(), options).ok()?;
        let begun = transaction::begin(&self.outside, &look, true).await;
        match begun {
            Ok(Begun::Hit(source)) => {
                if let Some(key) = self.details.cache_key.clone() {
                    self.outside.report(Event::Adopted { key });
                }
                Some(self.hit(source))
            }
            Ok(Begun::Miss(_) | Begun::WithoutKey) => {
                self.end(&look, Ending::WillRetry).await;
                None
            }
            // What is told is that the lock was lost.
            Err(_) => None,
        }
    }

    /// Ends the transaction of a body that was not wanted to its end: what was done in it stays, and nothing of its own.
    async fn let_go(&mut self, transaction: &Transaction) {
        self.details.not_cached = Some("its consumer stopped before its end".into());
        let problems = transaction::stage(&self.outside, transaction, None).await;
        self.details.problems.extend(problems);
        self.end(transaction, Ending::Returned).await;
    }

    async fn encode(&mut self, keyed: Keyed, report: &BodyReport) -> Result<Write, Error> {
        match self.outside.encode().await {
            Ok(value) => {
                let expiration = self.call.definition.cache_expiration.map(|after| report.ended.after(after));
                Ok(Write {
                    store: Arc::clone(&self.call.store),
                    key: keyed.key.clone(),
                    value,
                    expiration: expiration.map_or(Expiration::Never, Expiration::At),
                    provenance: Arc::new(self.provenance(keyed, report)),
                    claim: None,
                })
            }
            Err(error) => {
                let problem = Problem::report(&self.outside, ProblemKind::Serialization, &error);
                self.details.problems.push(problem);
                Err(error)
            }
        }
    }

    /// Where the record comes from, so that a later miss can be explained by it.
    fn provenance(&self, keyed: Keyed, report: &BodyReport) -> Provenance {
        let source = keyed.parts.iter().find(|(part, _)| *part == Part::TaskSource).map(|(_, digest)| *digest);
        let named = |name: &dyn ToString, digest| NamedDigest { name: name.to_string(), digest };
        Provenance {
            task_name: Some(self.call.definition.name.to_string()),
            source,
            task_run: Some(self.call.id.get()),
            flow_run: self.call.flow_run_id,
            duration: Some(report.duration),
            writer_process: Some(crate::id::process_id()),
            writer_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            writer_host: Some(crate::id::host_name()),
            parts: keyed.parts.iter().map(|(part, digest)| named(part, *digest)).collect(),
            inputs: keyed.inputs.iter().map(|(name, digest)| named(name, *digest)).collect(),
            omitted: 0,
        }
    }

    /// Ends the transaction and takes note of what went wrong with it.
    async fn end(&mut self, transaction: &Transaction, ending: Ending) {
        let settled = transaction::end(&self.outside, transaction, ending).await;
        self.take_note(settled.problems, settled.error);
    }

    fn take_note(&mut self, problems: Vec<Problem>, error: Option<Error>) {
        self.details.problems.extend(problems);
        // That the run's own value cannot be encoded has been reported where it happened.
        let is_reported = self.details.problems.iter().any(|problem| problem.kind == ProblemKind::Serialization);
        if let Some(error) = error.filter(|_| !is_reported) {
            let problem = Problem::report(&self.outside, ProblemKind::Commit, &error);
            self.details.problems.push(problem);
        }
    }

    fn failed(&self, attempt: u32, kind: FailureKind, message: String, chosen: Option<State>) -> State {
        let exhausted = attempt > 0 && self.is_last(attempt);
        let is_state = chosen.is_some();
        self.outside.report(Event::Failed { error: message.as_str().into(), is_state, exhausted });
        if let Some(state) = chosen {
            return state;
        }
        match kind {
            FailureKind::Raised => State::failed(kind, format!("Task run encountered an exception {message}")),
            FailureKind::TimedOut | FailureKind::Crashed => State::failed(kind, message),
        }
    }
}
