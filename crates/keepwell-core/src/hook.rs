//! Hooks: the user's code that the engine runs at stated moments. The engine knows a hook by its name and a handle.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::run::State;
use crate::transaction::Transaction;

/// A hook. The handle means something to the front end alone.
#[derive(Clone)]
pub struct Hook {
    /// The hook's name, for logs.
    pub name: Arc<str>,
    /// Whether starting and finishing it is logged.
    pub logged: bool,
    /// What the front end runs.
    pub handle: Arc<dyn Any + Send + Sync>,
}

impl Hook {
    /// A logged hook.
    pub fn new(name: impl Into<Arc<str>>, handle: Arc<dyn Any + Send + Sync>) -> Self {
        Self { name: name.into(), logged: true, handle }
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Hook({})", self.name)
    }
}

/// What a hook is run for.
#[derive(Clone, Debug)]
pub enum HookMoment {
    /// The run entered this state.
    Entered(Arc<State>),
    /// The transaction's records are visible.
    Committed(Transaction),
    /// The transaction was undone.
    RolledBack(Transaction),
}

impl HookMoment {
    /// What kind of hook it is, as log lines name it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Entered(_) => "hook",
            Self::Committed(_) => "commit hook",
            Self::RolledBack(_) => "rollback hook",
        }
    }
}
