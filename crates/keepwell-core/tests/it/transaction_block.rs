//! The user's own transactions beside their nesting: values, staging, refusals.

use std::sync::Arc;

use keepwell_core::settings::OnStorageError;
use keepwell_core::store::{ResultStore, StoreOptions};
use keepwell_core::transaction::{
    CommitMode, Ending, IsolationLevel, Settled, Transaction, TransactionOptions, TransactionState,
};
use keepwell_core::{Error, ErrorKind};

use crate::run_scripted::{Script, ScriptedKey};
use crate::transaction_fixture::{key, other_place, store, store_options, value};
use crate::transaction_player::hook;
use crate::transaction_world::{Meanwhile, World};

fn keyed() -> TransactionOptions {
    TransactionOptions { key: Some(key("A")), store: Some(store()), ..TransactionOptions::default() }
}

fn open(parent: Option<&Transaction>, options: TransactionOptions) -> Transaction {
    Transaction::open(parent, options).expect("the parent is not aborted")
}

fn begin(world: &mut World, transaction: &Transaction) -> Result<(), Error> {
    world.drive_to_end(&mut transaction.begin())
}

fn begun(world: &mut World, parent: Option<&Transaction>, options: TransactionOptions) -> Transaction {
    let transaction = open(parent, options);
    begin(world, &transaction).expect("nothing is refused");
    transaction
}

fn end(world: &mut World, transaction: &Transaction) -> Settled {
    world.drive_to_end(&mut transaction.end(Ending::Returned))
}

fn fail(world: &mut World, transaction: &Transaction, name: &str) -> Settled {
    world.drive_to_end(&mut transaction.end(Ending::Failed { name: name.into() }))
}

#[test]
fn a_value_that_is_set_is_seen_inside_and_not_outside() {
    let outer = open(None, TransactionOptions::default());
    let inner = open(Some(&outer), TransactionOptions::default());
    outer.set("colour", Arc::new("red"));
    inner.set("size", Arc::new(3));
    let seen = |transaction: &Transaction, name: &str| transaction.get(name).is_some();
    assert_eq!([seen(&inner, "colour"), seen(&inner, "size"), seen(&outer, "size")], [true, true, false]);
}

#[test]
fn the_last_value_staged_is_kept() {
    let mut world = World::default();
    let transaction = begun(&mut world, None, keyed());
    transaction.stage(value("first")).expect("it is active");
    transaction.stage(value("last")).expect("it is active");
    end(&mut world, &transaction);
    assert_eq!(world.visible, [("A".to_owned(), "last".to_owned())].into());
}

#[test]
fn a_transaction_that_does_not_write_stages_in_vain() {
    let mut world = World::default();
    let transaction = begun(&mut world, None, TransactionOptions { write_on_commit: false, ..keyed() });
    transaction.stage(value("never")).expect("it is active");
    let settled = end(&mut world, &transaction);
    assert_eq!((settled.state, world.visible.len()), (TransactionState::Committed, 0));
}

#[test]
fn a_transaction_without_a_key_refuses_a_value() {
    let transaction = begun(&mut World::default(), None, TransactionOptions::default());
    let error = transaction.stage(value("x")).expect_err("there is no key");
    assert_eq!((error.kind(), error.hint()), (ErrorKind::Unsupported, Some("give the transaction a `key`")));
}

#[test]
fn a_transaction_that_has_ended_refuses_a_value() {
    let mut world = World::default();
    let outer = begun(&mut world, None, TransactionOptions::default());
    let left = begun(&mut world, Some(&outer), keyed());
    end(&mut world, &left);
    let failed = begun(&mut world, None, keyed());
    fail(&mut world, &failed, "it");
    for transaction in [left, failed] {
        let state = transaction.state();
        let error = transaction.stage(value("late")).expect_err("it has ended");
        assert_eq!((error.kind(), transaction.state()), (ErrorKind::Aborted, state));
    }
}

#[test]
fn an_aborted_transaction_refuses_a_value_and_names_the_child() {
    let mut world = World::default();
    let outer = begun(&mut world, None, keyed());
    let inner = begun(&mut world, Some(&outer), TransactionOptions::default());
    fail(&mut world, &inner, "load");
    let error = outer.stage(value("late")).expect_err("it was rolled back");
    assert_eq!(error.to_string(), "the transaction was rolled back because `load` failed in it");
    assert_eq!(outer.state(), TransactionState::RolledBack);
}

#[test]
fn a_rollback_hook_that_comes_after_the_abort_runs_at_the_end() {
    let mut world = World::default();
    let outer = begun(&mut world, None, TransactionOptions::default());
    outer.on_rollback(hook("early"));
    let inner = begun(&mut world, Some(&outer), TransactionOptions::default());
    fail(&mut world, &inner, "load");
    outer.on_rollback(hook("late"));
    assert_eq!(end(&mut world, &outer).error.expect("it was aborted").kind(), ErrorKind::Aborted);
    assert_eq!(world.log, ["undone early", "undone late"]);
}

#[test]
fn a_child_that_ends_after_its_parent_is_undone_and_told_why() {
    let mut world = World::default();
    let outer = begun(&mut world, None, keyed());
    let inner = begun(&mut world, Some(&outer), TransactionOptions { key: Some(key("B")), ..keyed() });
    end(&mut world, &outer);
    let settled = end(&mut world, &inner);
    let error = settled.error.expect("nobody is left to commit it");
    assert_eq!((settled.state, error.kind()), (TransactionState::RolledBack, ErrorKind::Aborted));
    assert_eq!(world.visible, [("A".to_owned(), "nothing".to_owned())].into());
}

#[test]
fn a_strict_key_that_cannot_be_computed_undoes_the_users_transaction_around_it() {
    let outer = begun(&mut World::default(), None, keyed());
    let parent = Some(outer.clone());
    Script { key: ScriptedKey::Uncomputable, strict_keys: true, parent, ..Script::new() }.run();
    let error = Transaction::open(Some(&outer), TransactionOptions::default()).expect_err("a child has failed");
    assert_eq!(error.to_string(), "the transaction was rolled back because `add` failed in it");
    assert_eq!(outer.state(), TransactionState::RolledBack);
}

#[test]
fn what_is_staged_in_another_place_is_not_seen() {
    let mut world = World::default();
    let outer = begun(&mut world, None, TransactionOptions::default());
    let one = begun(&mut world, Some(&outer), keyed());
    end(&mut world, &one);
    let elsewhere = Arc::new(ResultStore::new(StoreOptions { key_storage: Some(other_place()), ..store_options() }));
    let other = begun(&mut world, Some(&outer), TransactionOptions { store: Some(elsewhere), ..keyed() });
    let same = begun(&mut world, Some(&outer), keyed());
    assert_eq!([other.is_committed(), same.is_committed()], [false, true]);
}

#[test]
fn a_serializable_transaction_without_a_lock_manager_does_not_begin() {
    let store = Arc::new(ResultStore::new(StoreOptions { lock_manager: None, ..store_options() }));
    let isolation_level = Some(IsolationLevel::Serializable);
    let transaction = open(None, TransactionOptions { store: Some(store), isolation_level, ..keyed() });
    let error = begin(&mut World::default(), &transaction).expect_err("there is nobody to grant locks");
    assert_eq!(
        error.to_string(),
        "Isolation level SERIALIZABLE is not supported by provided configuration: there is no lock manager for key `A`"
    );
    assert_eq!(transaction.state(), TransactionState::Pending);
}

#[test]
fn level_and_mode_are_the_parents_unless_given() {
    let given = TransactionOptions {
        isolation_level: Some(IsolationLevel::Serializable),
        commit_mode: Some(CommitMode::Off),
        ..TransactionOptions::default()
    };
    let outer = open(None, given);
    let inner = open(Some(&outer), TransactionOptions::default());
    let of = |transaction: &Transaction| (transaction.isolation_level(), transaction.commit_mode());
    assert_eq!(of(&inner), (IsolationLevel::Serializable, CommitMode::Off));
    assert_eq!(of(&open(None, keyed())), (IsolationLevel::ReadCommitted, CommitMode::Lazy));
}

#[test]
fn a_transaction_that_does_not_begin_holds_neither_lock_nor_turn() {
    let options = StoreOptions { on_storage_error: OnStorageError::Raise, ..store_options() };
    let isolation_level = Some(IsolationLevel::Serializable);
    let options = TransactionOptions { store: Some(Arc::new(ResultStore::new(options))), isolation_level, ..keyed() };
    let mut world = World::default();
    world.meanwhile = Some(Meanwhile::StorageFails);
    let outer = begun(&mut world, None, TransactionOptions::default());
    let inner = open(Some(&outer), options);
    assert_eq!(begin(&mut world, &inner).expect_err("the storage fails").kind(), ErrorKind::Storage);
    assert_eq!((world.held(), world.log), (0, Vec::new()));
}
