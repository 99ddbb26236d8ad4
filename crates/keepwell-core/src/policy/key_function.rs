//! A user's own function that names or distinguishes results.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// A key function: a name, and a handle by which the front end finds the function again and calls it. The engine never
/// calls it. Two are equal if they have the same name and the same handle.
#[derive(Clone)]
pub struct KeyFunction {
    name: Arc<str>,
    handle: Arc<dyn Any + Send + Sync>,
}

impl KeyFunction {
    /// The key function of this name.
    pub fn new(name: impl Into<Arc<str>>, handle: Arc<dyn Any + Send + Sync>) -> Self {
        Self { name: name.into(), handle }
    }

    /// The function's name, which is part of keys that it shares with other parts.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// What the front end finds the function by.
    pub fn handle(&self) -> &Arc<dyn Any + Send + Sync> {
        &self.handle
    }

    /// Any fixed order, in which only equal functions are level.
    pub(super) fn order(&self) -> (&str, usize) {
        (&self.name, Arc::as_ptr(&self.handle).addr())
    }
}

impl PartialEq for KeyFunction {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.handle, &other.handle)
    }
}

impl fmt::Debug for KeyFunction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyFunction({})", self.name)
    }
}
