//! Ending a transaction: stage, leave to the parent, commit, roll back.

use std::sync::Arc;

use super::tree::LeftPart;
use super::{CommitMode, Owner, Transaction, TransactionState, leases, locks};
use crate::action::Outside;
use crate::event::{Event, Problem, ProblemKind};
use crate::hook::{Hook, HookMoment};
use crate::mistake::{self, Mistake};
use crate::store::Write;
use crate::{Error, ErrorKind};

/// How the code inside a transaction ended.
#[derive(Clone, Debug)]
pub enum Ending {
    /// It returned.
    Returned,
    /// It failed, and the failure is final: the transaction around it fails too if it is the user's own.
    Failed {
        /// The name of what failed.
        name: Arc<str>,
    },
    /// It failed and will be tried again in a transaction of its own.
    WillRetry,
}

/// What became of a transaction.
#[derive(Debug)]
pub struct Settled {
    /// Where it stands now: staged, if its end is left to its parent.
    pub state: TransactionState,
    /// Why nothing was committed, where the code inside returned and something should have been.
    pub error: Option<Error>,
    /// What went wrong beside that: hooks, locks. Each has been reported.
    pub problems: Vec<Problem>,
}

impl Settled {
    fn new(transaction: &Transaction, error: Option<Error>, problems: Vec<Problem>) -> Self {
        Self { state: transaction.state(), error, problems }
    }
}

/// Stages what is to be written when the transaction commits, and lets siblings that wait for the key go on.
///
/// A value that could not be encoded is staged as its error: it keeps the whole transaction from being committed.
pub(crate) async fn stage(
    outside: &Outside,
    transaction: &Transaction,
    write: Option<Result<Write, Error>>,
) -> Vec<Problem> {
    transaction.put_write(write);
    locks::give_turn_back(outside, transaction).await
}

/// Ends a transaction. Every lock that it does not leave to its parent has been given back afterwards.
pub(crate) async fn end(outside: &Outside, transaction: &Transaction, ending: Ending) -> Settled {
    leases::report(outside, transaction);
    let problems = locks::give_turn_back(outside, transaction).await;
    let ending = if outside.is_abandoned() { given_up(transaction) } else { ending };
    let mut settled = match ending {
        Ending::Returned => end_returned(outside, transaction).await,
        Ending::WillRetry => roll_back(outside, transaction, None).await,
        Ending::Failed { name } => fail(outside, transaction, None, name).await,
    };
    settled.problems.splice(..0, problems);
    settled
}

async fn fail(outside: &Outside, transaction: &Transaction, error: Option<Error>, name: Arc<str>) -> Settled {
    let mut settled = roll_back(outside, transaction, error).await;
    settled.problems.extend(abort_enclosing(outside, transaction, name).await);
    settled
}

/// How a transaction ends whose own procedure is abandoned: whoever called it is not told how it would have ended.
fn given_up(transaction: &Transaction) -> Ending {
    let name = match transaction.owner() {
        Owner::Task(name) => Arc::clone(name),
        Owner::Block => "a nested transaction".into(),
    };
    Ending::Failed { name }
}

async fn end_returned(outside: &Outside, transaction: &Transaction) -> Settled {
    if let Err(error) = transaction.refuse_if_aborted() {
        let name = transaction.aborted_by().expect("it was refused because of it");
        return fail(outside, transaction, Some(error), name).await;
    }
    if transaction.state() == TransactionState::Committed {
        let problems = locks::release_own(outside, transaction).await;
        return Settled::new(transaction, None, problems);
    }
    match (transaction.commit_mode(), transaction.settled_by()) {
        (CommitMode::Eager, _) | (CommitMode::Lazy, None) => commit(outside, transaction).await,
        (CommitMode::Off, None) => roll_back(outside, transaction, None).await,
        (CommitMode::Lazy | CommitMode::Off, Some(parent)) => leave(outside, transaction, parent).await,
    }
}

async fn leave(outside: &Outside, transaction: &Transaction, parent: &Transaction) -> Settled {
    let mut parts = transaction.close();
    if transaction.commit_mode() == CommitMode::Off {
        parts.iter_mut().for_each(|left| left.part.never = true);
    }
    match parent.leave(parts) {
        Ok(()) => Settled::new(transaction, None, Vec::new()),
        Err(parts) => {
            let error = Error::new(ErrorKind::Aborted, "the transaction around this one had ended already")
                .with_hint("wait for submitted tasks before the transaction's block ends");
            let problems = undo(outside, transaction, parts).await;
            Settled::new(transaction, Some(error), problems)
        }
    }
}

/// Makes everything that is staged at or below the transaction visible, or nothing. What is never to be visible is
/// undone either way.
async fn commit(outside: &Outside, transaction: &Transaction) -> Settled {
    let mut parts = transaction.close();
    let outcome = match take_writes(&mut parts) {
        Ok(writes) if writes.is_empty() => Ok(Vec::new()),
        Ok(writes) => {
            let outcome = outside.commit(writes.clone()).await;
            transaction.spend_claims(&writes, &outcome);
            outcome
        }
        Err(error) => Err(error),
    };
    match outcome {
        Ok(untidy) => {
            let report = |error| Problem::report(outside, ProblemKind::Repair, &error);
            let mut problems: Vec<_> = untidy.into_iter().map(report).collect();
            problems.extend(decided(outside, transaction, parts, TransactionState::Committed).await);
            Settled::new(transaction, None, problems)
        }
        Err(error) if error.kind() == ErrorKind::CommitUnknown => {
            let problems = decided(outside, transaction, parts, TransactionState::Unknown).await;
            Settled::new(transaction, Some(error), problems)
        }
        Err(error) => {
            let problems = undo(outside, transaction, parts).await;
            Settled::new(transaction, Some(error), problems)
        }
    }
}

/// The writes of all parts that may become visible, or the first error among them. Of several under one key in one
/// place, the last.
fn take_writes(parts: &mut [LeftPart]) -> Result<Vec<Write>, Error> {
    let mut writes: Vec<Write> = Vec::new();
    for LeftPart { part, .. } in parts.iter_mut().filter(|left| !left.part.never) {
        match part.write.take_if(|write| write.is_err()) {
            Some(write) => drop(write?),
            None => {
                if let Some(Ok(write)) = &part.write {
                    writes.retain(|other| other.key != write.key || !other.store.is_same_place(&write.store));
                    writes.push(write.clone());
                }
            }
        }
    }
    Ok(writes)
}

async fn decided(
    outside: &Outside,
    transaction: &Transaction,
    parts: Vec<LeftPart>,
    state: TransactionState,
) -> Vec<Problem> {
    let (never, kept) = parts.into_iter().partition(|left| left.part.never);
    let mut problems = finish(outside, transaction, kept, state).await;
    problems.extend(undo(outside, transaction, never).await);
    problems
}

/// What follows a decision that cannot be undone: states, commit hooks (children's first), locks.
async fn finish(
    outside: &Outside,
    transaction: &Transaction,
    parts: Vec<LeftPart>,
    state: TransactionState,
) -> Vec<Problem> {
    transaction.forget_staged(&parts);
    parts.iter().for_each(|left| left.transaction.set_state(state));
    let mut problems = Vec::new();
    for LeftPart { transaction, part } in parts {
        if state == TransactionState::Committed {
            for hook in part.commit_hooks {
                problems.extend(run_hook(outside, hook, HookMoment::Committed(transaction.clone())).await);
            }
        }
        problems.extend(locks::drop_shares(outside, &transaction, part.locks).await);
    }
    problems
}

/// Undoes everything at or below the transaction, with `error` as the reason where the code inside had returned.
async fn roll_back(outside: &Outside, transaction: &Transaction, error: Option<Error>) -> Settled {
    let problems = match transaction.state() {
        TransactionState::Committed | TransactionState::Unknown => locks::release_own(outside, transaction).await,
        // One that a child's failure has undone may have been given hooks since.
        TransactionState::Pending
        | TransactionState::Active
        | TransactionState::Staged
        | TransactionState::RolledBack => {
            let parts = transaction.close();
            undo(outside, transaction, parts).await
        }
    };
    Settled::new(transaction, error, problems)
}

/// Runs all rollback hooks, the newest first, whatever becomes of each; then gives the locks back.
async fn undo(outside: &Outside, transaction: &Transaction, parts: Vec<LeftPart>) -> Vec<Problem> {
    transaction.forget_staged(&parts);
    let mut hooks = Vec::new();
    let mut held = Vec::new();
    for LeftPart { transaction: undone, part } in parts {
        undone.set_state(TransactionState::RolledBack);
        hooks.extend(part.rollback_hooks.into_iter().map(|(number, hook)| (number, hook, undone.clone())));
        held.extend(part.locks);
    }
    hooks.sort_by_key(|(number, ..)| std::cmp::Reverse(*number));
    let mut problems = Vec::new();
    for (_, hook, undone) in hooks {
        problems.extend(run_hook(outside, hook, HookMoment::RolledBack(undone)).await);
    }
    if !mistake::is_planted(Mistake::LocksKeptByRollback) {
        problems.extend(locks::drop_shares(outside, transaction, held).await);
    }
    problems
}

/// Undoes the user's own transaction around a child that failed, at once. A task around it decides for itself.
async fn abort_enclosing(outside: &Outside, child: &Transaction, name: Arc<str>) -> Vec<Problem> {
    let Some(parent) = child.settled_by().filter(|parent| *parent.owner() == Owner::Block) else {
        return Vec::new();
    };
    parent.mark_aborted(name);
    let mut problems = locks::give_turn_back(outside, parent).await;
    problems.extend(roll_back(outside, parent, None).await.problems);
    problems
}

/// Runs a hook and says so; a failure is reported and returned.
pub(crate) async fn run_hook(outside: &Outside, hook: Hook, moment: HookMoment) -> Option<Problem> {
    let (name, logged, kind) = (Arc::clone(&hook.name), hook.logged, moment.kind());
    if logged {
        outside.report(Event::HookStarted { kind, name: Arc::clone(&name), moment: moment.clone() });
    }
    match outside.run_hook(hook, moment).await {
        Ok(()) => {
            if logged {
                outside.report(Event::HookFinished { kind, name });
            }
            None
        }
        Err(error) => Some(Problem::report_hook(outside, kind, &name, &error)),
    }
}
