//! The arguments of a call by name, as key functions see them.

use std::any::Any;
use std::fmt;

/// The arguments of a call, by parameter name and in the order of the signature.
#[derive(Default)]
pub struct Parameters<'a> {
    named: Vec<(&'static str, Option<&'a dyn Any>)>,
}

impl<'a> Parameters<'a> {
    /// No arguments.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an argument. `value` is none where its type borrows from elsewhere and so cannot be asked for.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Option<&'a dyn Any>) -> Self {
        self.named.push((name, value));
        self
    }

    /// The argument of that name, if there is one and it is a `T`.
    pub fn get<T: Any>(&self, name: &str) -> Option<&'a T> {
        let (_, value) = self.named.iter().find(|(given, _)| *given == name)?;
        value.and_then(|value| value.downcast_ref())
    }

    /// The parameters' names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.named.iter().map(|(name, _)| *name)
    }
}

impl fmt::Debug for Parameters<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.names()).finish()
    }
}
