//! The policy type, the ready-made policies, and their configuration.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::choice::Choice;
use super::{KeyBuilder, KeyFunction};
use crate::lock::LockManager;
use crate::lock::lease::OnLeaseLost;
use crate::storage::StorageLocation;
use crate::transaction::IsolationLevel;

/// How much code counts as a task's source. Deeper is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceDepth {
    /// The function alone.
    Shallow,
    /// The function, and what it declares or is seen to depend on.
    Deep,
}

/// Which parts make up a cache key, and where and how the records under it are kept.
///
/// Policies are sums: the parts of both sides, the exclusions of both sides, each once, in no order. The two sides of a
/// `+` may not disagree on where or how to keep records; [`validate`](CachePolicy::validate) reports it if they do.
#[derive(Clone, Debug, PartialEq)]
pub struct CachePolicy {
    pub(super) parts: Parts,
    pub(super) excluded: BTreeSet<String>,
    pub(super) functions: Vec<KeyFunction>,
    pub(super) key_storage: Choice<StorageLocation>,
    pub(super) isolation_level: Choice<IsolationLevel>,
    pub(super) lock_manager: Choice<Manager>,
    pub(super) on_lease_lost: Choice<OnLeaseLost>,
}

/// The parts that the engine knows by itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Parts {
    pub(super) inputs: bool,
    pub(super) task_source: Option<SourceDepth>,
    pub(super) flow_parameters: bool,
    pub(super) run_id: bool,
    pub(super) build: bool,
}

const NO_PARTS: Parts = Parts { inputs: false, task_source: None, flow_parameters: false, run_id: false, build: false };

/// A lock manager that is equal to whichever grants the same locks.
#[derive(Clone, Debug)]
pub(super) struct Manager(pub(super) Arc<dyn LockManager>);

impl PartialEq for Manager {
    fn eq(&self, other: &Self) -> bool {
        self.0.name() == other.0.name()
    }
}

/// What a policy says about where and how records are kept; `None` leaves it to the task's surroundings.
#[derive(Clone, Copy, Debug)]
pub struct Configuration<'a> {
    /// Where records are kept apart from results.
    pub key_storage: Option<&'a StorageLocation>,
    /// How far concurrent runs of one key are kept apart.
    pub isolation_level: Option<IsolationLevel>,
    /// What grants the locks that [`IsolationLevel::Serializable`] needs.
    pub lock_manager: Option<&'a Arc<dyn LockManager>>,
    /// What becomes of a body whose lock is lost while it runs.
    pub on_lease_lost: Option<OnLeaseLost>,
}

/// No key: no caching. Adding it to a policy changes nothing.
pub const NONE: CachePolicy = CachePolicy::of(NO_PARTS);
/// The same as [`NONE`].
pub const NO_CACHE: CachePolicy = NONE;
/// Each argument by its parameter's name.
pub const INPUTS: CachePolicy = CachePolicy::of(Parts { inputs: true, ..NO_PARTS });
/// The task's code.
pub const TASK_SOURCE: CachePolicy = CachePolicy::of(Parts { task_source: Some(SourceDepth::Deep), ..NO_PARTS });
/// The parameters of the flow run that the task runs in. Outside a flow there is no such part.
pub const FLOW_PARAMETERS: CachePolicy = CachePolicy::of(Parts { flow_parameters: true, ..NO_PARTS });
/// The flow run, or the task run where there is no flow.
pub const RUN_ID: CachePolicy = CachePolicy::of(Parts { run_id: true, ..NO_PARTS });
/// The build of the program.
pub const BUILD: CachePolicy = CachePolicy::of(Parts { build: true, ..NO_PARTS });
/// `INPUTS + TASK_SOURCE + RUN_ID`: kept within one flow run.
pub const DEFAULT: CachePolicy =
    CachePolicy::of(Parts { inputs: true, task_source: Some(SourceDepth::Deep), run_id: true, ..NO_PARTS });

impl Default for CachePolicy {
    fn default() -> Self {
        DEFAULT
    }
}

impl From<KeyFunction> for CachePolicy {
    fn from(function: KeyFunction) -> Self {
        Self { functions: vec![function], ..NONE }
    }
}

impl CachePolicy {
    const fn of(parts: Parts) -> Self {
        Self {
            parts,
            excluded: BTreeSet::new(),
            functions: Vec::new(),
            key_storage: Choice::Unset,
            isolation_level: Choice::Unset,
            lock_manager: Choice::Unset,
            on_lease_lost: Choice::Unset,
        }
    }

    /// The same policy with only the function's own code counted as its source.
    #[must_use]
    pub fn shallow(mut self) -> Self {
        self.parts.task_source = self.parts.task_source.map(|_| SourceDepth::Shallow);
        self
    }

    /// The same policy with records kept at `location`, apart from results.
    #[must_use]
    pub fn key_storage(mut self, location: impl Into<StorageLocation>) -> Self {
        self.key_storage = Choice::Set(location.into());
        self
    }

    /// The same policy at this isolation level.
    #[must_use]
    pub fn isolation_level(mut self, level: IsolationLevel) -> Self {
        self.isolation_level = Choice::Set(level);
        self
    }

    /// The same policy with locks granted by `manager`.
    #[must_use]
    pub fn lock_manager(mut self, manager: Arc<dyn LockManager>) -> Self {
        self.lock_manager = Choice::Set(Manager(manager));
        self
    }

    /// The same policy with a body treated so whose lock is lost while it runs.
    #[must_use]
    pub fn on_lease_lost(mut self, treatment: OnLeaseLost) -> Self {
        self.on_lease_lost = Choice::Set(treatment);
        self
    }

    /// What the policy says about where and how records are kept.
    pub fn configuration(&self) -> Configuration<'_> {
        Configuration {
            key_storage: self.key_storage.get(),
            isolation_level: self.isolation_level.get().copied(),
            lock_manager: self.lock_manager.get().map(|manager| &manager.0),
            on_lease_lost: self.on_lease_lost.get().copied(),
        }
    }

    /// Whether the policy has no parts, so that nothing is ever cached.
    pub fn is_none(&self) -> bool {
        self.parts == NO_PARTS && self.functions.is_empty()
    }

    /// The key function whose text is the key, where the policy is nothing but that function.
    pub fn lone_key_function(&self) -> Option<&KeyFunction> {
        match self.functions.as_slice() {
            [function] if self.parts == NO_PARTS => Some(function),
            _ => None,
        }
    }

    /// Starts the key of one call.
    pub fn key_builder(&self) -> KeyBuilder<'_> {
        KeyBuilder::new(self)
    }
}
