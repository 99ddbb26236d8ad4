//! Task runs with equal keys in real threads, with real locks and the blocking driver.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use keepwell_core::action::{FrontEndAction, Reply};
use keepwell_core::driver::{FrontEnd, drive};
use keepwell_core::event::Event;
use keepwell_core::policy::INPUTS;
use keepwell_core::run::{State, TaskOptions, TaskRun};
use keepwell_core::store::ResultStore;
use keepwell_core::transaction::{Ending, IsolationLevel, Owner, Transaction, TransactionOptions, TransactionState};

use crate::transaction_fixture::{call, composed, definition, key, store, value};
use crate::transaction_player::report;

const THREADS: usize = 8;
const ROUNDS: usize = 100;

/// What the threads of one round share.
#[derive(Debug, Default)]
struct Round {
    bodies: AtomicUsize,
    /// How many bodies fail before one returns.
    failures: usize,
    in_body: AtomicBool,
    overlaps: AtomicUsize,
}

impl Round {
    fn body(&self) -> Reply {
        if self.in_body.swap(true, Ordering::SeqCst) {
            self.overlaps.fetch_add(1, Ordering::SeqCst);
        }
        (0..20).for_each(|_| thread::yield_now());
        self.in_body.store(false, Ordering::SeqCst);
        Reply::Body(report(self.bodies.fetch_add(1, Ordering::SeqCst) < self.failures))
    }
}

struct Front<'a>(&'a Round);

impl FrontEnd for Front<'_> {
    fn perform(&mut self, action: FrontEndAction) -> Reply {
        match action {
            FrontEndAction::ComputeKey => Reply::Key(composed(Some("A"))),
            FrontEndAction::RunBody { .. } => self.0.body(),
            FrontEndAction::Encode => Reply::Encoded(Ok(value("new"))),
            FrontEndAction::Decode(_) => Reply::Decoded(Ok(())),
            FrontEndAction::RunHook { .. } => unreachable!("there are no hooks"),
        }
    }

    fn report(&mut self, _: Event) {}
}

fn run(round: &Round, parent: Option<&Transaction>, store: &Arc<ResultStore>) -> Arc<State> {
    let cache_policy = Some(INPUTS.isolation_level(IsolationLevel::Serializable));
    let options = TaskOptions { name: "add".into(), cache_policy, ..TaskOptions::default() };
    let mut run = TaskRun::new(call(definition(options), parent, store));
    drive(&mut run.procedure, &**store.clock(), &mut Front(round)).state
}

/// The names of the states that the threads' runs end in, sorted.
fn states(round: &Round, parent: Option<&Transaction>, store: &Arc<ResultStore>) -> Vec<String> {
    let mut names: Vec<String> = thread::scope(|scope| {
        let runs: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| run(round, parent, store))).collect();
        runs.into_iter().map(|run| run.join().expect("no run panics").name().to_owned()).collect()
    });
    names.sort();
    names
}

fn outer(owner: Owner) -> Transaction {
    let options = TransactionOptions { owner, ..TransactionOptions::default() };
    Transaction::open(None, options).expect("it has no parent")
}

fn finish(transaction: &Transaction, store: &Arc<ResultStore>) -> TransactionState {
    let settled = drive(&mut transaction.end(Ending::Returned), &**store.clock(), &mut Front(&Round::default()));
    let manager = store.lock_manager().expect("the store has one");
    assert!(!manager.is_locked(&key("A")).expect("memory does not fail"), "the lock is held after the end");
    settled.state
}

#[test]
fn of_equal_siblings_in_threads_one_runs_its_body_and_the_others_see_what_it_staged() {
    for _ in 0..ROUNDS {
        let (store, round, outer) = (store(), Round::default(), outer(Owner::Block));
        let mut expected = vec!["Cached"; THREADS - 1];
        expected.push("Completed");
        assert_eq!(states(&round, Some(&outer), &store), expected);
        assert_eq!((round.bodies.into_inner(), finish(&outer, &store)), (1, TransactionState::Committed));
    }
}

#[test]
fn the_next_of_equal_siblings_runs_its_body_if_the_one_before_it_failed() {
    for _ in 0..ROUNDS {
        let (store, round) = (store(), Round { failures: 3, ..Round::default() });
        let outer = outer(Owner::Task("outer".into()));
        let expected = ["Cached", "Cached", "Cached", "Cached", "Completed", "Failed", "Failed", "Failed"];
        assert_eq!(states(&round, Some(&outer), &store), expected);
        assert_eq!((round.overlaps.into_inner(), finish(&outer, &store)), (0, TransactionState::Committed));
    }
}

#[test]
fn equal_runs_of_their_own_never_overlap() {
    for _ in 0..ROUNDS {
        let (store, round) = (store(), Round::default());
        assert_eq!(states(&round, None, &store), ["Completed"; THREADS]);
        assert_eq!((round.bodies.into_inner(), round.overlaps.into_inner()), (THREADS, 0));
    }
}
