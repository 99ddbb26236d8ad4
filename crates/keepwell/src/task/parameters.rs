//! The arguments of a call by name, as key functions see them.

use std::any::Any;
use std::fmt;

/// The arguments of a call, by parameter name and in the order of the signature.
#[derive(Default)]
pub struct Parameters<'a> {
    named: Vec<(&'static str, Value<'a>)>,
}

#[derive(Clone, Copy)]
enum Value<'a> {
    Any(&'a dyn Any),
    Text(&'a str),
    /// It borrows from elsewhere, or its size is not known, so that it cannot be asked for.
    Hidden,
}

impl<'a> Parameters<'a> {
    /// No arguments.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an argument. `value` is none where its type borrows from elsewhere and so cannot be asked for.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Option<&'a dyn Any>) -> Self {
        self.named.push((name, value.map_or(Value::Hidden, Value::Any)));
        self
    }

    /// Adds an argument that is a `&str`.
    #[must_use]
    pub fn with_text(mut self, name: &'static str, text: &'a str) -> Self {
        self.named.push((name, Value::Text(text)));
        self
    }

    /// The argument of that name, if there is one and it is a `T` or a `&T`. For a `&str` see [`text`](Self::text).
    pub fn get<T: Any>(&self, name: &str) -> Option<&'a T> {
        match self.value(name)? {
            Value::Any(value) => value.downcast_ref(),
            Value::Text(_) | Value::Hidden => None,
        }
    }

    /// The argument of that name, if there is one and it is a `String` or a `&str`.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        match self.value(name)? {
            Value::Any(value) => value.downcast_ref().map(String::as_str),
            Value::Text(text) => Some(text),
            Value::Hidden => None,
        }
    }

    fn value(&self, name: &str) -> Option<Value<'a>> {
        self.named.iter().find(|(given, _)| *given == name).map(|(_, value)| *value)
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
