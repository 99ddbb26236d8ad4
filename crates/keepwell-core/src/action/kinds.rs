//! Every action, and the reply that it is owed.

use std::sync::Arc;
use std::time::Duration;

use crate::Error;
use crate::clock::Timestamp;
use crate::hook::{Hook, HookMoment};
use crate::id::Holder;
use crate::key::CacheKey;
use crate::lock::LockManager;
use crate::policy::ComposedKey;
use crate::record::{Claim, EncodedValue};
use crate::run::State;
use crate::store::{Claimed, LookUp, ResultStore, Write};
use crate::transaction::Transaction;

/// Something the engine needs from outside.
#[derive(Debug)]
pub enum Action {
    /// Only the front end can do it.
    FrontEnd(FrontEndAction),
    /// The store or a lock manager does it.
    Store(StoreAction),
    /// Let this time pass. Owed: [`Reply::Done`].
    Sleep(Duration),
}

impl Action {
    /// Whether it gives something back or undoes something: what is still done when a procedure is
    /// abandoned.
    pub(super) fn settles(&self) -> bool {
        match self {
            Self::Store(StoreAction::ReleaseLock { .. } | StoreAction::Unclaim { .. }) => true,
            Self::FrontEnd(FrontEndAction::RunHook { moment, .. }) => match moment {
                HookMoment::Committed(_) | HookMoment::RolledBack(_) => true,
                HookMoment::Entered(_) => false,
            },
            Self::FrontEnd(
                FrontEndAction::ComputeKey
                | FrontEndAction::RunBody { .. }
                | FrontEndAction::Encode
                | FrontEndAction::Decode(_),
            )
            | Self::Store(
                StoreAction::LookUp { .. }
                | StoreAction::Claim { .. }
                | StoreAction::Commit(_)
                | StoreAction::AcquireLock { .. },
            )
            | Self::Sleep(_) => false,
        }
    }
}

/// What needs the user's values or code.
#[derive(Debug)]
pub enum FrontEndAction {
    /// Compute the cache key of this call. Owed: [`Reply::Key`].
    ComputeKey,
    /// Run the body, with `transaction` as the current one,
    /// and keep what it returned. Owed: [`Reply::Body`].
    RunBody {
        /// The transaction that calls within the body belong to; none for a flow's body.
        transaction: Option<Transaction>,
        /// Counts from 0.
        attempt: u32,
        /// Whether no further attempt can follow, so the inputs may be given away.
        last: bool,
    },
    /// Turn the value that the body returned into bytes. Owed: [`Reply::Encoded`].
    Encode,
    /// Turn a record's bytes into a value and keep it as this call's value. Owed: [`Reply::Decoded`].
    Decode(EncodedValue),
    /// Run a hook. Owed: [`Reply::HookRan`].
    RunHook {
        /// The hook.
        hook: Hook,
        /// What it is run for.
        moment: HookMoment,
    },
}

/// What a store or a lock manager does.
#[derive(Debug)]
pub enum StoreAction {
    /// Look for a record. Owed: [`Reply::LookedUp`].
    LookUp {
        /// Where to look.
        store: Arc<ResultStore>,
        /// What to look for.
        key: CacheKey,
    },
    /// Claim a key for a run that is about to make its record. Owed: [`Reply::Claimed`].
    Claim {
        /// Where the record will be kept.
        store: Arc<ResultStore>,
        /// Under which key.
        key: CacheKey,
        /// Whether a record that is there is to be replaced.
        overwritten: bool,
    },
    /// Give a claim back that nothing was committed with. Owed: [`Reply::Released`].
    Unclaim {
        /// Where it was made.
        store: Arc<ResultStore>,
        /// On which key.
        key: CacheKey,
        /// The claim.
        claim: Claim,
    },
    /// Make all of these visible, or none. Owed: [`Reply::Committed`].
    Commit(Vec<Write>),
    /// Wait for a lock. Owed: [`Reply::Locked`].
    AcquireLock {
        /// Who grants it.
        manager: Arc<dyn LockManager>,
        /// What it is for.
        key: CacheKey,
        /// Who wants it.
        holder: Holder,
        /// How long to wait; `None` waits for ever.
        timeout: Option<Duration>,
    },
    /// Give a lock back. Owed: [`Reply::Released`].
    ReleaseLock {
        /// Who granted it.
        manager: Arc<dyn LockManager>,
        /// What it is for.
        key: CacheKey,
        /// Who has it.
        holder: Holder,
    },
}

/// What came of an action.
#[derive(Debug)]
pub enum Reply {
    /// It is done; there is nothing to tell.
    Done,
    /// To [`FrontEndAction::ComputeKey`].
    Key(ComposedKey),
    /// To [`FrontEndAction::RunBody`].
    Body(BodyReport),
    /// To [`FrontEndAction::Encode`].
    Encoded(Result<EncodedValue, Error>),
    /// To [`FrontEndAction::Decode`].
    Decoded(Result<(), Error>),
    /// To [`FrontEndAction::RunHook`].
    HookRan(Result<(), Error>),
    /// To [`StoreAction::LookUp`].
    LookedUp(Result<LookUp, Error>),
    /// To [`StoreAction::Claim`].
    Claimed(Result<Claimed, Error>),
    /// To [`StoreAction::Commit`]: what could not be tidied up afterwards.
    Committed(Result<Vec<Error>, Error>),
    /// To [`StoreAction::AcquireLock`]; an [`ErrorKind::LockTimeout`](crate::ErrorKind::LockTimeout) if time ran out.
    Locked(Result<(), Error>),
    /// To [`StoreAction::ReleaseLock`] and [`StoreAction::Unclaim`].
    Released(Result<(), Error>),
}

/// What became of one run of the body, and when.
#[derive(Debug)]
pub struct BodyReport {
    /// What became of it.
    pub outcome: BodyOutcome,
    /// When it ended.
    pub ended: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// The state that the body itself chose for the end of its run, where front ends let it.
    pub state: Option<State>,
}

/// What became of one run of the body. The value or the user's own error stays with the front end.
#[derive(Debug)]
pub enum BodyOutcome {
    /// It returned a value.
    Returned,
    /// Its consumer wanted no more of what it yields. All is well, but there is nothing whole to keep.
    Stopped,
    /// It did not.
    Failed {
        /// How it failed.
        kind: FailureKind,
        /// The user's error in words, such as ``ValueError: boom``.
        message: String,
        /// Whether the body may run again, if retries are left.
        may_retry: bool,
    },
}

/// How a body failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// It returned an error, raised an exception or panicked.
    Raised,
    /// It ran longer than its timeout.
    TimedOut,
    /// It was stopped from outside: a signal, the interpreter's exit. Never retried.
    Crashed,
}
