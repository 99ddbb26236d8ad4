//! Mistakes that can be planted in the engine, so that each check of its reliability shows that it would catch one.
//!
//! Only a build with the feature `planted-mistakes` has them; in any other, [`is_planted`] is always false and costs nothing.

/// A mistake that can be planted. Each says what is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Mistake {
    /// A file is given its name although the object there is another than was required.
    SwapWithoutComparing = 1,
    /// A file that is there already is written over, in the place of a new one that takes its name.
    WriteInPlace,
    /// What a file holds is not flushed before the file gets its name.
    ContentNotFlushed,
    /// A folder is not flushed after a file has got its name in it.
    EntriesNotFlushed,
    /// A write that fails leaves its temporary file.
    TemporaryFileKept,
    /// Files that dead writers left are not removed.
    AbandonedFilesKept,
    /// A failed write ends in a panic.
    PanicOnError,
    /// A failed write leaves a descriptor open.
    DescriptorKept,
    /// Symbolic links inside the folder are followed.
    LinksFollowed,
    /// Of the files that are written together each is flushed for itself.
    EachFileFlushed,
    /// A writer takes an intent for nothing and writes over it.
    WriterIgnoresIntent,
    /// A commit does not ask whether its claim still stands.
    CommitIgnoresClaim,
    /// A transaction is decided without asking whether somebody has aborted it.
    DecideWithoutComparing,
    /// A reader that finds no decision does not look at the head again.
    ReaderDoesNotLookAgain,
    /// A reader takes an undecided intent for a committed one.
    ReaderTrustsIntents,
    /// A decision is removed although heads still hold its intents.
    CollectEarly,
    /// A claim is made over an intent that nobody has settled.
    ClaimIgnoresIntent,
    /// Records are put in their places one after another, without intents.
    CommitWithoutDecision,
    /// Whoever meets an intent that is not decided yet takes it away.
    PendingTakenForAborted,
    /// A write of a head whose reply was lost counts as made.
    LostReplyTakenForDone,
    /// A decision whose reply was lost counts as not made.
    UnknownTakenForAborted,
    /// A lock is given back twice.
    LockReleasedTwice,
    /// What is rolled back keeps its locks.
    LocksKeptByRollback,
    /// A lock in a storage is taken over without watching it for its lease.
    LockTakenAtOnce,
    /// A lock in a storage is removed although another has got it since.
    LockOfOthersRemoved,
    /// A lease that has run out, or that somebody else has, counts as held.
    LeaseNeverLost,
    /// Leases are not renewed.
    LeaseNotRenewed,
    /// A lock is granted without a look at whether somebody has it.
    LockGrantedUnseen,
    /// Nobody is told that a lock was given back.
    ReleaseNotTold,
}

impl Mistake {
    /// Every mistake, with the name that it is planted by.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("swap-without-comparing", Self::SwapWithoutComparing),
        ("write-in-place", Self::WriteInPlace),
        ("content-not-flushed", Self::ContentNotFlushed),
        ("entries-not-flushed", Self::EntriesNotFlushed),
        ("temporary-file-kept", Self::TemporaryFileKept),
        ("abandoned-files-kept", Self::AbandonedFilesKept),
        ("panic-on-error", Self::PanicOnError),
        ("descriptor-kept", Self::DescriptorKept),
        ("links-followed", Self::LinksFollowed),
        ("each-file-flushed", Self::EachFileFlushed),
        ("writer-ignores-intent", Self::WriterIgnoresIntent),
        ("commit-ignores-claim", Self::CommitIgnoresClaim),
        ("decide-without-comparing", Self::DecideWithoutComparing),
        ("reader-does-not-look-again", Self::ReaderDoesNotLookAgain),
        ("reader-trusts-intents", Self::ReaderTrustsIntents),
        ("collect-early", Self::CollectEarly),
        ("claim-ignores-intent", Self::ClaimIgnoresIntent),
        ("commit-without-decision", Self::CommitWithoutDecision),
        ("pending-taken-for-aborted", Self::PendingTakenForAborted),
        ("lost-reply-taken-for-done", Self::LostReplyTakenForDone),
        ("unknown-taken-for-aborted", Self::UnknownTakenForAborted),
        ("lock-released-twice", Self::LockReleasedTwice),
        ("locks-kept-by-rollback", Self::LocksKeptByRollback),
        ("lock-taken-at-once", Self::LockTakenAtOnce),
        ("lock-of-others-removed", Self::LockOfOthersRemoved),
        ("lease-never-lost", Self::LeaseNeverLost),
        ("lease-not-renewed", Self::LeaseNotRenewed),
        ("lock-granted-unseen", Self::LockGrantedUnseen),
        ("release-not-told", Self::ReleaseNotTold),
    ];
}

/// Whether the mistake is planted in this process: for crates of the engine that leave something out by it.
#[cfg(not(feature = "planted-mistakes"))]
#[doc(hidden)]
pub const fn is_planted(_: Mistake) -> bool {
    false
}

#[cfg(feature = "planted-mistakes")]
pub use planted::plant;

#[cfg(feature = "planted-mistakes")]
#[doc(hidden)]
pub use planted::is_planted;

#[cfg(feature = "planted-mistakes")]
mod planted {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::Mistake;

    const VARIABLE: &str = "KEEPWELL_PLANTED_MISTAKE";

    static PLANTED: LazyLock<AtomicU8> = LazyLock::new(|| {
        #[expect(clippy::disallowed_methods, reason = "no setting of a user: it is there in no build that users get")]
        let name = std::env::var(VARIABLE).unwrap_or_default();
        let found = Mistake::ALL.iter().find(|(known, _)| *known == name);
        AtomicU8::new(found.map_or(0, |(_, mistake)| *mistake as u8))
    });

    /// Plants the mistake in this process, in the place of any other; `None` plants none. A process begins with the one
    /// that `KEEPWELL_PLANTED_MISTAKE` names.
    pub fn plant(mistake: Option<Mistake>) {
        PLANTED.store(mistake.map_or(0, |mistake| mistake as u8), Ordering::Relaxed);
    }

    /// Whether the mistake is planted in this process.
    pub fn is_planted(mistake: Mistake) -> bool {
        PLANTED.load(Ordering::Relaxed) == mistake as u8
    }
}
