//! How often each thing happened in this process.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Event, HitSource, ProblemKind};
use crate::run::StateType;
use crate::store::MissReason;

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident = $label:literal,)+) => {
        /// A thing that is counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Count {
            $($(#[$doc])* $name,)+
        }

        impl Count {
            /// Every thing that is counted, in the order in which they are shown.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The name under which it is shown.
            pub fn label(self) -> &'static str {
                match self {
                    $(Self::$name => $label,)+
                }
            }
        }
    };
}

counts! {
    /// Hits served from memory.
    HitMemory = "hit_memory",
    /// Hits read from a storage.
    HitStorage = "hit_storage",
    /// Hits on what the same transaction had staged.
    HitTransaction = "hit_transaction",
    /// Misses because there was no record.
    MissAbsent = "miss_absent",
    /// Misses because the cache was refreshed.
    MissRefresh = "miss_refresh",
    /// Misses because the record had expired.
    MissExpired = "miss_expired",
    /// Misses because the record was damaged.
    MissCorrupt = "miss_corrupt",
    /// Misses because the record was not trusted.
    MissUntrusted = "miss_untrusted",
    /// Misses because the record was written by a newer version.
    MissNewerVersion = "miss_newer_version",
    /// Misses because the record cannot be used here.
    MissUnusable = "miss_unusable",
    /// Misses because the result that a record points to was not there.
    MissResultMissing = "miss_result_missing",
    /// Misses because the record could not be decoded.
    MissUndecodable = "miss_undecodable",
    /// Misses because the storage failed.
    MissStorageFailed = "miss_storage_failed",
    /// Calls that were not cached because they have no key.
    WithoutKey = "without_key",
    /// Keys that could not be computed.
    ProblemKey = "problem_key",
    /// Values that could not be encoded.
    ProblemSerialization = "problem_serialization",
    /// Records that could not be committed.
    ProblemCommit = "problem_commit",
    /// Hooks that failed.
    ProblemHook = "problem_hook",
    /// Locks that could not be given back.
    ProblemLockRelease = "problem_lock_release",
    /// Commits that whoever meets their records has to finish.
    ProblemRepair = "problem_repair",
    /// Options that were ignored.
    ProblemOptions = "problem_options",
    /// Locks that were in danger of being lost.
    LeaseDanger = "lease_danger",
    /// Locks that were lost while their holder was at work.
    LeaseLost = "lease_lost",
    /// Records that were adopted after a lock was lost.
    LeaseAdopted = "lease_adopted",
    /// Bodies that ran again after a failure.
    Retry = "retry",
    /// Task runs that ended well.
    TaskCompleted = "task_completed",
    /// Task runs that failed or crashed.
    TaskFailed = "task_failed",
    /// Flow runs that ended well.
    FlowCompleted = "flow_completed",
    /// Flow runs that failed or crashed.
    FlowFailed = "flow_failed",
}

static COUNTERS: [AtomicU64; Count::ALL.len()] = [const { AtomicU64::new(0) }; Count::ALL.len()];

/// Counts an event.
pub fn count(event: &Event) {
    if let Some(count) = counted_as(event) {
        COUNTERS[count as usize].fetch_add(1, Ordering::Relaxed);
    }
}

/// How often each thing has happened since the process began.
pub fn counts() -> impl Iterator<Item = (Count, u64)> {
    Count::ALL.iter().map(|count| (*count, COUNTERS[*count as usize].load(Ordering::Relaxed)))
}

fn counted_as(event: &Event) -> Option<Count> {
    match event {
        Event::Hit { source, .. } => Some(match source {
            HitSource::Memory => Count::HitMemory,
            HitSource::Storage => Count::HitStorage,
            HitSource::Transaction => Count::HitTransaction,
        }),
        Event::Miss { reason, .. } => Some(miss(reason)),
        Event::WithoutKey { .. } => Some(Count::WithoutKey),
        Event::LeaseInDanger { .. } => Some(Count::LeaseDanger),
        Event::LeaseLost { .. } => Some(Count::LeaseLost),
        Event::Adopted { .. } => Some(Count::LeaseAdopted),
        Event::Retrying { .. } => Some(Count::Retry),
        Event::Problem(problem) => Some(problem_of(problem.kind)),
        Event::Finished(state) => Some(match state.state_type() {
            StateType::Completed => Count::TaskCompleted,
            _ => Count::TaskFailed,
        }),
        Event::FlowFinished(state) => Some(match state.state_type() {
            StateType::Completed => Count::FlowCompleted,
            _ => Count::FlowFailed,
        }),
        Event::Created { .. }
        | Event::FlowBegan { .. }
        | Event::FlowFailed { .. }
        | Event::AcquiringLock { .. }
        | Event::ReleasingLock { .. }
        | Event::Failed { .. }
        | Event::HookStarted { .. }
        | Event::HookFinished { .. } => None,
    }
}

fn miss(reason: &MissReason) -> Count {
    match reason {
        MissReason::Absent => Count::MissAbsent,
        MissReason::Refresh => Count::MissRefresh,
        MissReason::Expired { .. } => Count::MissExpired,
        MissReason::Corrupt(_) => Count::MissCorrupt,
        MissReason::Untrusted(_) => Count::MissUntrusted,
        MissReason::NewerVersion(_) => Count::MissNewerVersion,
        MissReason::Unusable(_) => Count::MissUnusable,
        MissReason::ResultMissing(_) => Count::MissResultMissing,
        MissReason::Undecodable(_) => Count::MissUndecodable,
        MissReason::StorageFailed(_) => Count::MissStorageFailed,
    }
}

fn problem_of(kind: ProblemKind) -> Count {
    match kind {
        ProblemKind::Key => Count::ProblemKey,
        ProblemKind::Serialization => Count::ProblemSerialization,
        ProblemKind::Commit => Count::ProblemCommit,
        ProblemKind::Hook => Count::ProblemHook,
        ProblemKind::LockRelease => Count::ProblemLockRelease,
        ProblemKind::Repair => Count::ProblemRepair,
        ProblemKind::Options => Count::ProblemOptions,
    }
}
