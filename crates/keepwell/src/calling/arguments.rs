//! The arguments of a call, for as many attempts as it takes.

use crate::task::CallTable;

/// The arguments of a call: given away to its last attempt, cloned for those before.
pub(crate) struct Arguments<A> {
    given: Option<A>,
    are_clonable: fn(&A) -> bool,
    try_clone: fn(&A) -> Option<A>,
}

impl<A> Arguments<A> {
    pub(crate) fn new<R>(given: A, table: &CallTable<A, R>) -> Self {
        Self { given: Some(given), are_clonable: table.are_clonable, try_clone: table.try_clone }
    }

    pub(crate) fn get(&self) -> &A {
        self.given.as_ref().expect("arguments stay until the last attempt, and all that looks at them comes before it")
    }

    /// Whether there can be more than one attempt. Nothing is cloned to find out.
    pub(crate) fn are_clonable(&self) -> bool {
        (self.are_clonable)(self.get())
    }

    pub(crate) fn for_attempt(&mut self, is_last: bool) -> A {
        let spare = if is_last { None } else { (self.try_clone)(self.get()) };
        spare.or_else(|| self.given.take()).expect("a call is attempted again only if its arguments can be cloned")
    }
}
