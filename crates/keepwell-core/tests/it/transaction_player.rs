//! Plays a story on the engine, as a front end in one thread would.

use std::sync::Arc;
use std::time::Duration;

use keepwell_core::action::{BodyOutcome, BodyReport, FailureKind, FrontEndAction, Procedure, Reply};
use keepwell_core::clock::Timestamp;
use keepwell_core::event::ProblemKind;
use keepwell_core::hook::Hook;
use keepwell_core::policy::INPUTS;
use keepwell_core::run::{RunHooks, State, TaskOptions, TaskRun};
use keepwell_core::store::ResultStore;
use keepwell_core::transaction::{Ending, Owner, Settled, Transaction, TransactionOptions};
use keepwell_core::{Error, ErrorKind};

use crate::transaction_fixture::{call, composed, definition, error, key, store, text, value};
use crate::transaction_model::Observed;
use crate::transaction_story::{Kind, Node, Outcome, Story};
use crate::transaction_world::{Cut, World};

/// What comes of `story`.
pub(crate) fn observed(story: &Story) -> Observed {
    let world = play(story, World::new(&story.present, story.faults));
    Observed { states: world.states(), log: world.log, visible: world.visible }
}

/// What comes of `story` if it is cut off; `None` if it has not got so many actions.
pub(crate) fn observed_if_cut(story: &Story, cut: Cut) -> Option<Observed> {
    let world = play(story, World::new(&story.present, story.faults).cut_at(cut));
    world.was_cut().then(|| Observed { states: world.states(), log: world.log, visible: world.visible })
}

fn play(story: &Story, mut world: World) -> World {
    world.guarded = story.root.is_serializable(false);
    let mut player = Player { world, store: store() };
    player.play(&story.root, "r", None);
    player.world.close();
    player.world
}

struct Player {
    world: World,
    store: Arc<ResultStore>,
}

impl Player {
    /// Says whether a failure came out; `None` if the story was cut off.
    fn play(&mut self, node: &Node, path: &str, parent: Option<&Transaction>) -> Option<bool> {
        match node.kind {
            Kind::Task => self.task(node, path, parent),
            Kind::Block { stages, .. } => self.block(node, path, parent, stages),
        }
    }

    fn task(&mut self, node: &Node, path: &str, parent: Option<&Transaction>) -> Option<bool> {
        let mut run = TaskRun::new(call(definition(task_options(node, path)), parent, &self.store));
        let Self { world, store } = self;
        let mut name = path.to_owned();
        let ended = world.drive(&mut run.procedure, &mut |world, action| match action {
            FrontEndAction::ComputeKey => Some(Reply::Key(composed(node.key))),
            FrontEndAction::RunBody { transaction, attempt, .. } => {
                name = Node::attempt_name(path, attempt);
                let transaction = transaction.expect("a task's body runs in a transaction");
                world.name(&transaction, name.clone());
                world.log(format!("body {name}"));
                let raised = nested(world, store, |player| player.children(node, &name, &transaction))?;
                Some(Reply::Body(report(raised || node.fails(attempt))))
            }
            FrontEndAction::Encode if node.outcome == Outcome::ReturnsUnencodable => {
                Some(Reply::Encoded(Err(error(ErrorKind::Serialization, "it is a socket"))))
            }
            FrontEndAction::Encode => Some(Reply::Encoded(Ok(value(&name)))),
            FrontEndAction::Decode(value) => {
                world.log(format!("hit {path} {}", text(&value)));
                Some(Reply::Decoded(Ok(())))
            }
            FrontEndAction::RunHook { .. } => unreachable!("the world runs hooks"),
        });
        let Some(ended) = ended else {
            self.give_up(&mut run.procedure);
            return None;
        };
        self.world.log(match ended.refusal {
            Some(error) => format!("{path} refused: {error}"),
            None => format!("{path} {}{}", ended.state.name(), problems(&ended.state)),
        });
        Some(!ended.state.is_completed())
    }

    fn block(&mut self, node: &Node, path: &str, parent: Option<&Transaction>, stages: bool) -> Option<bool> {
        let transaction = match Transaction::open(parent, self.options(node)) {
            Ok(transaction) => transaction,
            Err(error) => {
                self.world.log(format!("{path} refused: {error}"));
                return Some(true);
            }
        };
        let ended = self.block_body(node, path, &transaction, stages);
        if ended.is_none() {
            let ending = Ending::Failed { name: path.into() };
            self.world.give_up(&mut transaction.end(ending));
        }
        ended
    }

    fn block_body(&mut self, node: &Node, path: &str, transaction: &Transaction, stages: bool) -> Option<bool> {
        self.world.name(transaction, path);
        self.drive(&mut transaction.begin())?.expect("a look-up that fails is a miss");
        self.world.log(format!("block {path}{}", if transaction.is_committed() { " is a hit" } else { "" }));
        transaction.on_commit(hook(path));
        transaction.on_rollback(hook(path));
        if stages {
            transaction.stage(value(path)).expect("it is active and has a key");
        }
        let raised = self.children(node, path, transaction)? || node.fails(0);
        let ending = match raised {
            false => Ending::Returned,
            true => Ending::Failed { name: path.into() },
        };
        let Settled { error, .. } = self.drive(&mut transaction.end(ending))?;
        let words = words(error.as_ref(), raised);
        self.world.log(format!("{path} ended: {words}"));
        Some(raised || error.is_some())
    }

    fn drive<T>(&mut self, procedure: &mut Procedure<T>) -> Option<T> {
        let result = self.world.drive(procedure, &mut |_, action| unreachable!("{action:?} in a block"));
        if result.is_none() {
            self.give_up(procedure);
        }
        result
    }

    fn give_up<T>(&mut self, procedure: &mut Procedure<T>) {
        if let Some(rest) = procedure.abandon() {
            self.world.give_up(rest);
        }
    }

    /// Says whether a failure left the body.
    fn children(&mut self, node: &Node, name: &str, transaction: &Transaction) -> Option<bool> {
        for (index, child) in node.children.iter().enumerate() {
            let raised = self.play(child, &format!("{name}.{index}"), Some(transaction))?;
            if raised && !child.caught {
                return Some(true);
            }
        }
        Some(false)
    }

    fn options(&self, node: &Node) -> TransactionOptions {
        let Kind::Block { mode, .. } = node.kind else { unreachable!("a task makes its own transaction") };
        TransactionOptions {
            owner: Owner::Block,
            key: node.key.map(key),
            store: Some(Arc::clone(&self.store)),
            isolation_level: node.isolation_level,
            commit_mode: mode,
            ..TransactionOptions::default()
        }
    }
}

/// Plays on inside a body, with the world that the body's run has borrowed.
fn nested<T>(world: &mut World, store: &Arc<ResultStore>, inside: impl FnOnce(&mut Player) -> T) -> T {
    let mut player = Player { world: std::mem::take(world), store: Arc::clone(store) };
    let result = inside(&mut player);
    *world = player.world;
    result
}

fn task_options(node: &Node, path: &str) -> TaskOptions {
    let hooks = RunHooks { commit: vec![hook(path)], rollback: vec![hook(path)], ..RunHooks::default() };
    let policy = node.isolation_level.map_or(INPUTS, |level| INPUTS.isolation_level(level));
    TaskOptions {
        name: path.into(),
        cache_policy: Some(policy),
        retries: Some(node.retries()),
        hooks,
        ..TaskOptions::default()
    }
}

pub(crate) fn hook(name: &str) -> Hook {
    Hook::new(name, Arc::new(()))
}

/// What a body comes to.
pub(crate) fn report(failed: bool) -> BodyReport {
    let outcome = match failed {
        true => {
            BodyOutcome::Failed { kind: FailureKind::Raised, message: "ValueError: boom".to_owned(), may_retry: true }
        }
        false => BodyOutcome::Returned,
    };
    BodyReport { outcome, ended: Timestamp::from_millis(1_000), duration: Duration::from_millis(5), state: None }
}

/// What kept the value from being kept, as far as the state says it.
fn problems(state: &State) -> String {
    let kinds = state.details().problems.iter().map(|problem| problem.kind);
    kinds.filter(|kind| *kind != ProblemKind::Hook).map(|kind| format!(" {kind:?}")).collect()
}

fn words(error: Option<&Error>, raised: bool) -> String {
    match (error, raised) {
        (Some(error), _) => format!("{:?}", error.kind()),
        (None, true) => "failed".to_owned(),
        (None, false) => "well".to_owned(),
    }
}
