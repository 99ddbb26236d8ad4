//! One configured thing that two added policies must agree on.

/// Unset, set, or set to two things at once. Joining is associative and order-free, so that `+` is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Choice<T> {
    Unset,
    Set(T),
    Conflict,
}

impl<T: PartialEq> Choice<T> {
    /// Becomes what the two sides of a `+` come to.
    pub(super) fn join_with(&mut self, other: Self) {
        match (&*self, other) {
            (_, Self::Unset) => {}
            (Self::Unset, other) => *self = other,
            (Self::Set(one), Self::Set(other)) if *one == other => {}
            (Self::Set(_) | Self::Conflict, Self::Set(_) | Self::Conflict) => *self = Self::Conflict,
        }
    }

    /// What is set, if one thing is.
    pub(super) fn get(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Unset | Self::Conflict => None,
        }
    }

    pub(super) fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict)
    }
}
