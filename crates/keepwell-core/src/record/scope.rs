//! Which store and which namespace a record belongs to, so that a record carried elsewhere is not served there.

use std::fmt;

use crate::key::Digest;
use crate::random::random_u128;

/// The identifier of one store: sixteen bytes drawn when the store was made.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreId([u8; 16]);

impl StoreId {
    /// The store id with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The id of a store that is new: sixteen random bytes.
    pub fn random() -> Self {
        Self(random_u128().to_be_bytes())
    }

    /// The sixteen bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for StoreId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// A part of a store whose records only readers of the same namespace are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Namespace(Digest);

impl Namespace {
    /// The namespace of those who name none: 32 zero bytes.
    pub const DEFAULT: Self = Self(Digest::from_bytes([0; 32]));

    /// The namespace of this name, known by the name's digest.
    pub fn named(name: &str) -> Self {
        Self(Digest::of(name.as_bytes()))
    }

    /// The namespace with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Digest::from_bytes(bytes))
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl Default for Namespace {
    fn default() -> Self {
        Self::DEFAULT
    }
}
