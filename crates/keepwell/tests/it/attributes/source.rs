//! Code as part of the key.

use keepwell::prelude::*;
use keepwell::task::Source;

use super::fixture::in_folder;

/// The key that a task has when called without arguments.
macro_rules! key {
    ($task:ident) => {
        $task::bind().state().details().cache_key.clone().unwrap()
    };
}

mod first {
    use super::*;

    #[source]
    pub(super) const LIMIT: u32 = 1;

    #[source(depends_on(LIMIT))]
    pub(super) fn helper() -> u32 {
        LIMIT
    }

    #[task(cache_policy = TASK_SOURCE, depends_on(helper))]
    pub(super) fn load() -> u32 {
        helper()
    }

    #[task(cache_policy = TASK_SOURCE.shallow(), depends_on(helper))]
    pub(super) fn shallow() -> u32 {
        helper()
    }

    #[task(cache_policy = TASK_SOURCE)]
    pub(super) fn alone() -> u32 {
        1
    }

    #[task(cache_policy = TASK_SOURCE, version = "1")]
    pub(super) fn versioned() -> u32 {
        1
    }
}

mod changed {
    use super::*;

    #[source]
    pub(super) const LIMIT: u32 = 2;

    #[source(depends_on(LIMIT))]
    pub(super) fn helper() -> u32 {
        LIMIT
    }

    #[task(cache_policy = TASK_SOURCE, depends_on(helper))]
    pub(super) fn load() -> u32 {
        helper()
    }

    #[task(cache_policy = TASK_SOURCE.shallow(), depends_on(helper))]
    pub(super) fn shallow() -> u32 {
        helper()
    }

    #[task(cache_policy = TASK_SOURCE)]
    pub(super) fn alone() -> u32 {
        2
    }

    #[task(cache_policy = TASK_SOURCE, version = "1")]
    pub(super) fn versioned() -> u32 {
        2
    }
}

mod reformatted {
    use super::*;

    /// Documented now, commented, and with other options.
    #[task(cache_policy = TASK_SOURCE + INPUTS, retries = 3)]
    pub(in crate::attributes) fn alone() -> u32 {
        // A comment.
        1 /* one */
    }
}

/// A task of this module with these dependencies, named in this order.
macro_rules! loader {
    ($module:ident, $($item:ty),*) => {
        mod $module {
            use super::*;

            #[task(cache_policy = TASK_SOURCE, depends_on($($item),*))]
            #[allow(dead_code, reason = "only its key matters")]
            pub(super) fn load() -> u32 {
                1
            }
        }
    };
}

#[source]
#[allow(dead_code, reason = "only its code matters")]
struct Table<T>(T);

struct Loader;

#[source(depends_on(Table<u32>))]
impl Loader {}

loader!(on_both, Loader, first::LIMIT);
loader!(on_both_in_another_order, first::LIMIT, Loader);
loader!(on_one, Loader);

#[test]
fn a_change_deep_in_what_a_task_depends_on_is_a_new_key() {
    in_folder(|| {
        use changed::load as changed;
        use first::load as first;
        assert_eq!(first(), 1);
        assert_eq!(changed(), 2);
        assert_ne!(key!(first), key!(changed));
        assert_eq!(changed::SOURCE, first::SOURCE);
    });
}

#[test]
fn a_shallow_source_is_the_function_alone() {
    in_folder(|| {
        use changed::shallow as changed;
        use first::shallow as first;
        assert_eq!(key!(first), key!(changed));
    });
}

#[test]
fn a_changed_body_is_a_new_key_and_a_version_stands_for_it() {
    in_folder(|| {
        use changed::{alone as changed_alone, versioned as changed_versioned};
        use first::{alone, versioned};
        assert_ne!(key!(alone), key!(changed_alone));
        assert_eq!(key!(versioned), key!(changed_versioned));
        assert_ne!(key!(alone), key!(versioned));
    });
}

#[test]
fn comments_layout_visibility_and_options_do_not_count() {
    assert_eq!(<reformatted::alone as Source>::SOURCE, <first::alone as Source>::SOURCE);
}

#[test]
fn types_and_impl_blocks_count_in_any_order() {
    in_folder(|| {
        use on_both::load as on_both;
        use on_both_in_another_order::load as reordered;
        use on_one::load as on_one;
        assert_eq!(key!(on_both), key!(reordered));
        assert_ne!(key!(on_both), key!(on_one));
        assert_ne!(<Table<u32> as Source>::SOURCE, Loader::SOURCE);
    });
}

#[test]
fn items_that_depend_on_each_other_are_visited_once() {
    #[source(depends_on(Odd))]
    struct Even;
    #[source(depends_on(Even))]
    struct Odd;
    let mut digests = std::collections::BTreeSet::new();
    Even::add_to(&mut digests);
    assert_eq!(digests, [Even::SOURCE, Odd::SOURCE].into());
}
