//! The list of the clauses, and the two ways to run them.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use keepwell_core::storage::ResultStorage;

/// What one clause came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The clause: the name of its function.
    pub clause: &'static str,
    /// How the storage broke it; `None` where it did not.
    pub failure: Option<String>,
}

/// What all clauses came to. Displays as one line for each.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a report may hold failures"]
pub struct Report {
    /// One for each clause, in the order they ran.
    pub outcomes: Vec<Outcome>,
}

impl Report {
    /// The clauses that the storage broke.
    pub fn broken(&self) -> Vec<&'static str> {
        self.outcomes.iter().filter(|outcome| outcome.failure.is_some()).map(|outcome| outcome.clause).collect()
    }

    /// Panics with the whole report if a clause was broken.
    pub fn assert_passed(&self) {
        assert!(self.broken().is_empty(), "the storage breaks its contract\n{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Outcome { clause, failure } in &self.outcomes {
            let clause = clause.replace('_', " ");
            match failure {
                None => writeln!(formatter, "kept    {clause}")?,
                Some(failure) => writeln!(formatter, "BROKEN  {clause}: {failure}")?,
            }
        }
        Ok(())
    }
}

/// Runs every clause on storages from `new_storage`, each of which must be new and empty.
pub fn run_all<S: ResultStorage>(new_storage: impl Fn() -> S) -> Report {
    Report { outcomes: crate::__each_storage_clause!(__storage_outcomes(&new_storage)) }
}

/// Runs one clause.
fn outcome(clause: &'static str, run: impl FnOnce()) -> Outcome {
    let failure = catch_unwind(AssertUnwindSafe(run)).err().map(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("panicked").to_owned()
    });
    Outcome { clause, failure }
}

/// Makes a test of every clause of the storage contract; takes a factory of new, empty storages.
///
/// Use it in a module of its own: the tests have the clauses' names.
#[macro_export]
macro_rules! storage_conformance {
    ($new_storage:expr) => {
        $crate::__each_storage_clause! { __storage_tests($new_storage) }
    };
}

/// Hands the list of the clauses to another macro of this crate.
#[doc(hidden)]
#[macro_export]
macro_rules! __each_storage_clause {
    ($with:ident($new_storage:expr)) => {
        $crate::$with! {
            ($new_storage)
            an_absent_object_is_none_and_not_a_failure
            an_object_reads_back_as_it_was_written
            an_empty_object_is_not_an_absent_one
            a_big_object_reads_back_whole
            an_object_over_the_limit_is_refused
            every_durability_writes_the_same
            an_identity_changes_with_a_write_and_with_nothing_else
            create_succeeds_only_where_nothing_is
            create_succeeds_again_after_a_removal
            swap_succeeds_only_at_the_expected_version
            swap_of_an_absent_object_fails
            a_version_that_was_replaced_never_comes_back
            a_version_lasts_until_the_next_write
            put_replaces_what_is_there
            put_of_a_blob_that_is_there_keeps_it
            removal_says_whether_there_was_an_object
            removal_at_another_version_changes_nothing
            names_of_every_shape_are_objects_of_their_own
            locks_of_every_shape_are_objects_of_their_own
            objects_of_different_kinds_never_meet
            one_of_many_racing_creators_wins
            one_of_many_racing_swappers_wins
            one_of_many_racing_removers_finds_the_object
            no_update_is_lost_between_racing_writers
            a_reader_sees_whole_writes_only
            a_list_names_every_object_of_its_kind_and_no_other
            a_quarantined_object_is_out_of_the_way
            quarantine_at_another_version_does_nothing
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __storage_tests {
    (($new_storage:expr) $($clause:ident)*) => {
        $(
            #[test]
            fn $clause() {
                $crate::storage::conformance::$clause($new_storage);
            }
        )*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __storage_outcomes {
    (($new_storage:expr) $($clause:ident)*) => {
        vec![$(outcome(stringify!($clause), || super::$clause($new_storage))),*]
    };
}
