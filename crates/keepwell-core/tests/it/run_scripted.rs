//! Runs one task whose key, bodies and values are scripted, and keeps everything that is seen of it.

use std::sync::Arc;
use std::time::Duration;

use keepwell_core::action::{FrontEndAction, Reply};
use keepwell_core::event::Problem;
use keepwell_core::policy::{ComposedKey, INPUTS, NoKey};
use keepwell_core::run::{State, TaskCall, TaskDefinition, TaskOptions, TaskRun};
use keepwell_core::store::{MissReason, ResultStore, Write};
use keepwell_core::transaction::Transaction;
use keepwell_core::{Error, ErrorKind};

use crate::transaction_fixture::{call, composed, definition, error, store, text, value};
use crate::transaction_player::{hook, report};
use crate::transaction_story::Faults;
use crate::transaction_world::{Meanwhile, World};

/// One task call. By default: key `A`, `INPUTS`, a body that returns.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) options: TaskOptions,
    pub(crate) key: ScriptedKey,
    pub(crate) present: Vec<&'static str>,
    pub(crate) faults: Faults,
    pub(crate) miss: Option<MissReason>,
    pub(crate) store: Arc<ResultStore>,
    pub(crate) parent: Option<Transaction>,
    pub(crate) persists: bool,
    pub(crate) refreshes: bool,
    pub(crate) strict_keys: bool,
    /// How many attempts fail.
    pub(crate) failures: u32,
    pub(crate) meanwhile: Option<Meanwhile>,
    /// Whether somebody else writes the record while the body runs.
    pub(crate) appears: bool,
    pub(crate) undecodable: bool,
    pub(crate) unencodable: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum ScriptedKey {
    Computed(&'static str),
    Absent,
    Uncomputable,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Ran {
    /// What was reported, performed and run, line by line.
    pub(crate) log: String,
    pub(crate) state: Arc<State>,
    pub(crate) refusal: Option<Error>,
    pub(crate) writes: Vec<Write>,
}

impl Script {
    pub(crate) fn new() -> Self {
        Self {
            options: TaskOptions { name: "add".into(), cache_policy: Some(INPUTS), ..TaskOptions::default() },
            key: ScriptedKey::Computed("A"),
            present: Vec::new(),
            faults: Faults::default(),
            miss: None,
            store: store(),
            parent: None,
            persists: true,
            refreshes: false,
            strict_keys: false,
            failures: 0,
            meanwhile: None,
            appears: false,
            undecodable: false,
            unencodable: false,
        }
    }

    /// With a hook of each kind.
    pub(crate) fn with_hooks(mut self) -> Self {
        let hooks = &mut self.options.hooks;
        hooks.running = vec![hook("running")];
        hooks.completion = vec![hook("completion")];
        hooks.failure = vec![hook("failure")];
        hooks.commit = vec![hook("commit")];
        hooks.rollback = vec![hook("rollback")];
        self
    }

    pub(crate) fn retries(mut self, retries: u32) -> Self {
        self.options.retries = Some(retries);
        self
    }

    pub(crate) fn run(self) -> Ran {
        let mut world = World::new(&self.present, self.faults);
        world.tells = true;
        world.meanwhile = self.meanwhile;
        world.miss.clone_from(&self.miss);
        let mut run = TaskRun::new(self.call(definition(self.options.clone())));
        let end = world.drive(&mut run.procedure, &mut |world, action| Some(self.perform(world, action)));
        let end = end.expect("nothing cuts it off");
        world.close();
        Ran { log: world.log.join("\n"), state: end.state, refusal: end.refusal, writes: world.writes }
    }

    fn call(&self, definition: Arc<TaskDefinition>) -> TaskCall {
        TaskCall {
            persists: self.persists,
            refreshes: self.refreshes,
            strict_keys: self.strict_keys,
            ..call(definition, self.parent.as_ref(), &self.store)
        }
    }

    fn perform(&self, world: &mut World, action: FrontEndAction) -> Reply {
        match action {
            FrontEndAction::ComputeKey => Reply::Key(self.composed_key()),
            FrontEndAction::RunBody { attempt, last, transaction } => {
                world.log(format!("body, attempt {attempt}{}", if last { ", the last" } else { "" }));
                world.name(&transaction.expect("a task runs in a transaction"), format!("attempt {attempt}"));
                if self.appears {
                    world.appear("A");
                }
                Reply::Body(report(attempt < self.failures))
            }
            FrontEndAction::Encode if self.unencodable => {
                Reply::Encoded(Err(error(ErrorKind::Serialization, "it is a socket")))
            }
            FrontEndAction::Encode => Reply::Encoded(Ok(value("new"))),
            FrontEndAction::Decode(_) if self.undecodable => {
                Reply::Decoded(Err(error(ErrorKind::Serialization, "no such class")))
            }
            FrontEndAction::Decode(value) => {
                world.log(format!("decoded {}", text(&value)));
                Reply::Decoded(Ok(()))
            }
            FrontEndAction::RunHook { .. } => unreachable!("the world runs hooks"),
        }
    }

    fn composed_key(&self) -> ComposedKey {
        let uncomputable = || Err(NoKey::Uncomputable(error(ErrorKind::Key, "a generator has no key")));
        match self.key {
            ScriptedKey::Computed(key) => composed(Some(key)),
            ScriptedKey::Absent => composed(None),
            ScriptedKey::Uncomputable => ComposedKey { key: uncomputable(), ..composed(None) },
        }
    }
}

impl Ran {
    pub(crate) fn problems(&self) -> Vec<&str> {
        self.state.details().problems.iter().map(|Problem { message, .. }| message.as_ref()).collect()
    }
}

/// The delay that scripted retries wait.
pub(crate) const DELAY: Duration = Duration::from_millis(1_500);
