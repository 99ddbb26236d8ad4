//! Task calls and transactions, and what is nested in them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use keepwell_core::action::{BodyOutcome, BodyReport, FailureKind, FrontEndAction, Procedure, Reply};
use keepwell_core::clock::Clock;
use keepwell_core::driver::{FrontEnd, drive};
use keepwell_core::event::Event;
use keepwell_core::id::LazyTaskRunId;
use keepwell_core::policy::{ComposedKey, INPUTS};
use keepwell_core::record::{EncodedValue, SerializerName};
use keepwell_core::run::{RunHooks, TaskCall, TaskDefinition, TaskOptions, TaskRun};
use keepwell_core::settings::{Environment, Overrides, Settings};
use keepwell_core::transaction::{
    CommitMode, Ending, IsolationLevel, Owner, Transaction, TransactionOptions, TransactionState,
};
use keepwell_core::{Error, ErrorKind};

use super::history::{Moment, ValueId};
use super::story::{Call, Item};
use super::teller::{NO_VALUE, Teller, hook};

/// Nothing but defaults.
static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    let nowhere = Environment::in_directory("/nowhere").with_home("/nowhere");
    Settings::load(&nowhere, &Overrides::new()).expect("the defaults are legal")
});

/// One call of a task, as its front end sees it.
struct Task<'a> {
    teller: &'a Teller,
    call: &'a Call,
    key: usize,
    is_settled_by_parent: bool,
    /// The value that it has returned.
    own: Arc<AtomicUsize>,
    /// What its children have left to it.
    left: Vec<ValueId>,
    since: Moment,
    begun: Moment,
}

/// A front end that has nothing to do but run hooks.
struct Block<'a>(&'a Teller);

/// Takes apart what a dead process leaves in memory: transactions and what is left to them know each other.
struct Burial<'a>(&'a Teller, &'a Transaction);

impl Drop for Burial<'_> {
    fn drop(&mut self) {
        if self.0.world.is_dead() {
            self.0.drive(&mut self.1.end(Ending::Failed { name: "death".into() }));
        }
    }
}

impl Teller {
    /// Runs a task or a transaction. Says whether it failed; what it leaves to its parent is added to `left`.
    pub(super) fn run(&self, item: &Item, parent: Option<&Transaction>, left: &mut Vec<ValueId>) -> bool {
        match item {
            Item::Task(call) => self.task(call, parent, left),
            Item::Block(call, mode) => self.block(call, *mode, parent, left),
            Item::Read(..) | Item::Ask(_) | Item::Remove(_) | Item::Collect | Item::Rest(_) => false,
        }
    }

    fn task(&self, call: &Call, parent: Option<&Transaction>, left: &mut Vec<ValueId>) -> bool {
        let own = Arc::new(AtomicUsize::new(NO_VALUE));
        let definition = Arc::new(definition(call, &own));
        let mut run = TaskRun::new(TaskCall {
            id: Arc::new(LazyTaskRunId::new(Arc::clone(&self.clock) as Arc<dyn Clock>)),
            name: Arc::clone(&definition.name),
            definition,
            flow_run_id: None,
            parent: parent.cloned(),
            store: Arc::clone(&self.store),
            persists: true,
            refreshes: call.overwrites,
            strict_keys: false,
        });
        let key = call.key.expect("every task has a key");
        self.world.tell(format_args!("calls {} for `{}`", level(call), self.key(key)));
        let since = self.history.moment();
        let is_settled_by_parent = parent.is_some_and(settles_children);
        let mut task =
            Task { teller: self, call, key, is_settled_by_parent, own, left: Vec::new(), since, begun: since };
        let end = drive(&mut run.procedure, &*self.clock, &mut task);
        self.world.tell(format_args!("is {} for `{}`", end.state.name(), self.key(key)));
        if task.is_settled_by_parent && end.state.is_completed() {
            left.append(&mut task.left);
        }
        !end.state.is_completed()
    }

    fn block(&self, call: &Call, mode: CommitMode, parent: Option<&Transaction>, left: &mut Vec<ValueId>) -> bool {
        let options = TransactionOptions {
            owner: Owner::Block,
            key: call.key.map(|key| self.key(key).clone()),
            store: Some(Arc::clone(&self.store)),
            isolation_level: Some(isolation(call)),
            commit_mode: Some(mode),
            overwrite: call.overwrites,
            write_on_commit: true,
        };
        let Ok(transaction) = Transaction::open(parent, options) else { return true };
        let _burial = Burial(self, &transaction);
        let begun = self.drive(&mut transaction.begin());
        self.world.tell(format_args!("begins a transaction, {}: {begun:?}", level(call)));
        if begun.is_err() {
            return true;
        }
        let mut inside = Vec::new();
        let ending = match self.inside(call, &transaction, &mut inside) {
            true => Ending::Failed { name: "its body".into() },
            false => Ending::Returned,
        };
        let fails = matches!(ending, Ending::Failed { .. });
        let is_left = mode == CommitMode::Lazy && parent.is_some_and(settles_children);
        if !fails && !is_left {
            self.history.begin_commit(&inside);
        }
        let settled = self.drive(&mut transaction.end(ending));
        self.world.tell(format_args!("ends a transaction: {:?}, {:?}", settled.state, settled.error));
        let fails = fails || settled.error.is_some();
        if is_left && !fails {
            left.append(&mut inside);
        }
        fails
    }

    /// What happens in the block of a transaction. Says whether a failure leaves it.
    fn inside(&self, call: &Call, transaction: &Transaction, left: &mut Vec<ValueId>) -> bool {
        if transaction.state() == TransactionState::Committed {
            return false;
        }
        let begun = self.history.moment();
        let own = Arc::new(AtomicUsize::new(NO_VALUE));
        transaction.on_commit(hook(&own));
        transaction.on_rollback(hook(&own));
        if self.children(call, transaction, left) || call.failures > call.retries {
            return true;
        }
        let Some(key) = call.key else { return false };
        let value = self.history.add_value(key, self.tree, call.is_serializable, begun);
        own.store(value, Ordering::Relaxed);
        left.push(value);
        transaction.stage(self.encoded(value, call)).is_err()
    }

    fn children(&self, call: &Call, transaction: &Transaction, left: &mut Vec<ValueId>) -> bool {
        self.clock.sleep(call.work);
        for child in &call.children {
            let raised = self.run(child, Some(transaction), left);
            let is_caught = match child {
                Item::Task(inner) | Item::Block(inner, _) => inner.is_caught,
                Item::Read(..) | Item::Ask(_) | Item::Remove(_) | Item::Collect | Item::Rest(_) => true,
            };
            if raised && !is_caught {
                return true;
            }
        }
        false
    }

    fn drive<T>(&self, procedure: &mut Procedure<T>) -> T {
        drive(procedure, &*self.clock, &mut Block(self))
    }

    fn encoded(&self, value: ValueId, call: &Call) -> EncodedValue {
        EncodedValue { serializer: SerializerName::CBOR, payload: self.history.payload(value, call.size) }
    }

    fn note(&self, event: &Event) {
        if let Event::Problem(problem) = event {
            self.world.tell(format_args!("has a problem: {}", problem.message));
        }
    }
}

impl FrontEnd for Block<'_> {
    fn perform(&mut self, action: FrontEndAction) -> Reply {
        match action {
            FrontEndAction::RunHook { hook, moment } => {
                self.0.hear(&hook, &moment);
                Reply::HookRan(Ok(()))
            }
            FrontEndAction::ComputeKey
            | FrontEndAction::RunBody { .. }
            | FrontEndAction::Encode
            | FrontEndAction::Decode(_) => unreachable!("a transaction of one's own asks for hooks alone"),
        }
    }

    fn report(&mut self, event: Event) {
        self.0.note(&event);
    }
}

impl FrontEnd for Task<'_> {
    fn perform(&mut self, action: FrontEndAction) -> Reply {
        match action {
            FrontEndAction::ComputeKey => {
                self.since = self.teller.history.moment();
                let key = Ok(self.teller.key(self.key).clone());
                Reply::Key(ComposedKey { key, parts: Vec::new(), inputs: Vec::new() })
            }
            FrontEndAction::RunBody { transaction, attempt, .. } => {
                Reply::Body(self.body(&transaction.expect("a task's body runs in a transaction"), attempt))
            }
            FrontEndAction::Encode => Reply::Encoded(self.encode()),
            FrontEndAction::Decode(value) => {
                let Teller { history, world, tree, .. } = self.teller;
                history.has_read(world, self.key, self.since, Some(&value.payload), Some(*tree));
                Reply::Decoded(Ok(()))
            }
            FrontEndAction::RunHook { hook, moment } => {
                self.teller.hear(&hook, &moment);
                Reply::HookRan(Ok(()))
            }
        }
    }

    fn report(&mut self, event: Event) {
        self.teller.note(&event);
    }
}

impl Task<'_> {
    fn body(&mut self, transaction: &Transaction, attempt: u32) -> BodyReport {
        let Teller { history, clock, .. } = self.teller;
        let _burial = Burial(self.teller, transaction);
        let began = clock.monotonic();
        self.begun = history.moment();
        self.left.clear();
        // A transaction that commits eagerly hands that down.
        self.is_settled_by_parent &= transaction.commit_mode() == CommitMode::Lazy;
        let fails = self.teller.children(self.call, transaction, &mut self.left) || attempt < self.call.failures;
        let outcome = match fails {
            false => BodyOutcome::Returned,
            true => BodyOutcome::Failed { kind: FailureKind::Raised, message: "it fails".to_owned(), may_retry: true },
        };
        BodyReport { outcome, ended: clock.now(), duration: clock.monotonic().saturating_sub(began), state: None }
    }

    fn encode(&mut self) -> Result<EncodedValue, Error> {
        let Teller { history, tree, .. } = self.teller;
        if !self.call.is_encodable {
            return Err(Error::new(ErrorKind::Serialization, "it is a socket"));
        }
        let value = history.add_value(self.key, *tree, self.call.is_serializable, self.begun);
        self.own.store(value, Ordering::Relaxed);
        self.left.push(value);
        if !self.is_settled_by_parent {
            history.begin_commit(&self.left);
        }
        Ok(self.teller.encoded(value, self.call))
    }
}

/// Whether what is opened inside the transaction is settled with it.
fn settles_children(parent: &Transaction) -> bool {
    parent.state() != TransactionState::Committed
}

fn isolation(call: &Call) -> IsolationLevel {
    if call.is_serializable { IsolationLevel::Serializable } else { IsolationLevel::ReadCommitted }
}

fn level(call: &Call) -> &'static str {
    if call.is_serializable { "serializable" } else { "read committed" }
}

fn definition(call: &Call, own: &Arc<AtomicUsize>) -> TaskDefinition {
    let hooks = RunHooks { commit: vec![hook(own)], rollback: vec![hook(own)], ..RunHooks::default() };
    let options = TaskOptions {
        name: "task".into(),
        cache_policy: Some(INPUTS.isolation_level(isolation(call))),
        retries: Some(call.retries),
        hooks,
        ..TaskOptions::default()
    };
    TaskDefinition::new(options, &[], &SETTINGS).expect("it is legal")
}
