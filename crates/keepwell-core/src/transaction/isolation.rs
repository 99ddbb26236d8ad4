//! How concurrent runs with one key see each other.

/// How concurrent runs with one key see each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum IsolationLevel {
    /// A reader sees the latest committed record; bodies may overlap and the last commit stays.
    #[default]
    ReadCommitted,
    /// One body at a time; the others wait and then see its record. Needs a lock manager.
    Serializable,
}
