//! Code as digests.

use std::collections::BTreeSet;

use keepwell_core::key::Digest;

/// An item whose code has a digest: tasks, flows, and what carries `#[keepwell::source]`.
///
/// The digest is of the item's tokens, so comments and formatting do not count; documentation, visibility and the
/// attributes of keepwell itself do not either.
#[diagnostic::on_unimplemented(
    message = "the code of `{Self}` has no digest",
    label = "a task cannot depend on it yet",
    note = "put `#[keepwell::source]` on the item"
)]
pub trait Source {
    /// The digest of the item's own code.
    const SOURCE: Digest;

    /// Adds this item's digest, and those of everything that it says it depends on, to `digests`. Items that depend on
    /// each other are visited once.
    fn add_to(digests: &mut BTreeSet<Digest>) {
        digests.insert(Self::SOURCE);
    }
}

/// What [`Source::add_to`] is for an item that was named in `depends_on`.
pub type AddSource = fn(&mut BTreeSet<Digest>);

/// A function's code: the digest of its own, and of its own with all that it depends on.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    pub(crate) shallow: Digest,
    pub(crate) deep: Digest,
}

impl Code {
    /// The code of a function whose own digest is `own` and that names these items in `depends_on`.
    pub fn new(own: Digest, depends_on: &[AddSource]) -> Self {
        let mut digests = BTreeSet::from([own]);
        depends_on.iter().for_each(|add| add(&mut digests));
        digests.remove(&own);
        if digests.is_empty() {
            return Self { shallow: own, deep: own };
        }
        let bytes: Vec<u8> = [own].iter().chain(&digests).flat_map(|digest| *digest.as_bytes()).collect();
        Self { shallow: own, deep: Digest::of(&bytes) }
    }

    /// A version that stands for the code.
    pub(crate) fn of_version(version: &str) -> Self {
        let digest = Digest::of(format!("version {version}").as_bytes());
        Self { shallow: digest, deep: digest }
    }
}

/// [`Source::add_to`] for an item of the digest `own` that depends on others.
pub fn add_with(own: Digest, depends_on: &[AddSource], digests: &mut BTreeSet<Digest>) {
    if digests.insert(own) {
        depends_on.iter().for_each(|add| add(digests));
    }
}
