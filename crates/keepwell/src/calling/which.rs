//! Which definition is called: the one that an attribute made, or one with other options.

use std::ops::Deref;
use std::sync::Arc;

/// A definition whose options can be changed for one call.
pub(crate) trait Redefine: Sized + 'static {
    /// Its options.
    type Options;

    /// The same after `change` has changed the options.
    fn redefined(&self, change: impl FnOnce(&mut Self::Options)) -> Self;
}

/// The definition that an attribute made, or one with other options.
pub(crate) enum Which<D: 'static> {
    Defined(&'static D),
    Changed(Arc<D>),
}

impl<D: Redefine> Which<D> {
    pub(crate) fn with_options(&self, change: impl FnOnce(&mut D::Options)) -> Self {
        Self::Changed(Arc::new(self.redefined(change)))
    }
}

impl<D> Deref for Which<D> {
    type Target = D;

    fn deref(&self) -> &D {
        match self {
            Self::Defined(definition) => definition,
            Self::Changed(definition) => definition,
        }
    }
}
