//! Transactions of a scenario's own.

use keepwell::transactions::{CommitMode, Transaction, TransactionBuilder, TransactionState};
use keepwell::{Error, ErrorKind};
use serde_json::Value;

use super::definition::hook_body;
use super::expectation::Outcome;
use super::policy::{isolation_level, lock_manager};
use super::scenario::HookKind;
use super::step::{Block, Step};
use super::world::World;

/// Runs the step's own steps in a transaction.
pub(super) fn perform(world: &World, step: &Step, block: &Block, repetition: usize) -> Outcome {
    let mut begun = None;
    let ended = builder(world, block).run(|transaction| {
        begun = Some(transaction.clone());
        add_hooks(transaction, block);
        if let Some(value) = &block.stage {
            transaction.stage(value)?;
        }
        world.perform_all(&step.steps, repetition);
        if step.fails > 0 { Err(Error::new(ErrorKind::User, "it failed")) } else { Ok(()) }
    });
    let error = ended.err().map(|error| error.report());
    let value = begun.as_ref().and_then(|transaction| transaction.read::<Value>().ok().flatten());
    Outcome { name: begun.map(|transaction| name(transaction.state()).to_owned()), value, error, ..Outcome::default() }
}

fn builder(world: &World, block: &Block) -> TransactionBuilder {
    let mut builder = TransactionBuilder::new().overwrite(block.overwrite);
    if let Some(key) = &block.key {
        builder = builder.key(key);
    }
    if let Some(folder) = &block.storage {
        builder = builder.storage(world.folder(folder));
    }
    if let Some(mode) = &block.mode {
        builder = builder.commit_mode(commit_mode(mode));
    }
    if let Some(level) = &block.isolation {
        builder = builder.isolation_level(isolation_level(level));
    }
    if let Some(name) = &block.lock_manager {
        builder = builder.lock_manager(lock_manager(name));
    }
    builder
}

fn add_hooks(transaction: &Transaction, block: &Block) {
    let well = block.hooks.iter().map(|kind| (kind, false));
    for (kind, fails) in well.chain(block.failing_hooks.iter().map(|kind| (kind, true))) {
        match kind {
            HookKind::Commit => transaction.on_commit(hook_body(fails)),
            HookKind::Rollback => transaction.on_rollback(hook_body(fails)),
            HookKind::Running | HookKind::Completion | HookKind::Failure => panic!("a transaction has no such hook"),
        }
    }
}

fn commit_mode(name: &str) -> CommitMode {
    match name {
        "EAGER" => CommitMode::Eager,
        "LAZY" => CommitMode::Lazy,
        "OFF" => CommitMode::Off,
        other => panic!("there is no commit mode `{other}`"),
    }
}

fn name(state: TransactionState) -> &'static str {
    match state {
        TransactionState::Pending => "PENDING",
        TransactionState::Active => "ACTIVE",
        TransactionState::Staged => "STAGED",
        TransactionState::Committed => "COMMITTED",
        TransactionState::RolledBack => "ROLLED_BACK",
        TransactionState::Unknown => "UNKNOWN",
    }
}
