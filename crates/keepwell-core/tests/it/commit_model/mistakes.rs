//! Mistakes to plant in the model, each of which the search must find.

/// What is done wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mistake {
    /// A serializable writer does not compare its claim with the head's.
    NoFence,
    /// A serializable writer makes no claim.
    NoClaim,
    /// A claim is taken to hold if its epoch is not below the head's.
    GreaterOrEqual,
    /// A claim is put on a head whose intent is not resolved first.
    ClaimIgnoresIntent,
    /// A record is swapped in over an intent.
    OneRecordIgnoresIntent,
    /// A decision is written whatever the decision object says.
    BlindCommit,
    /// A reader that finds no decision takes the current record without reading the head again.
    NoReread,
    /// The same for a decision that is pending: it may be a delayed copy of one that was removed long ago.
    NoRereadOfPending,
    /// A reader takes the pending record of an intent that is not decided.
    ReadsPending,
    /// The collector removes a decision that heads still need.
    CollectsEarly,
    /// The collector looks at a transaction's first key only.
    CollectsByOneKey,
    /// A decision is collected while a request of its transaction may still be on its way.
    CollectsYoung,
    /// A writer removes its decision without applying it everywhere.
    RemovesDecisionEarly,
    /// After a lost reply the record is written again over whatever is there now.
    RetriesBlindly,
    /// After a lost reply another's write id is taken as proof that one's own write never was.
    LostMeansAborted,
    /// The same for a decision that is gone.
    GoneMeansAborted,
    /// Giving a claim back removes the head, with the record that came to be in it.
    UnclaimDropsRecord,
    /// Giving a claim back drops the intent that came to be in the head.
    UnclaimDropsIntent,
    /// Giving a claim back takes away whatever claim there is.
    UnclaimsAnother,
    /// Removing a record drops the claim of whoever is about to write it.
    RemovalDropsClaim,
    /// A writer without a claim drops the standing one.
    WriteDropsClaim,
    /// Applying a transaction without a claim drops the standing one.
    ApplyDropsClaim,
    /// An intent whose decision is open is cleared without aborting it.
    ClearsPending,
    /// The intents are not made durable before the decision is written.
    NoBarrierBeforeDecision,
    /// The caller is told before the decision is durable.
    NoBarrierBeforeTelling,
    /// A decision is applied by somebody who does not know that it is durable.
    NoBarrierBeforeApplying,
    /// A decision is removed before the applied heads are durable.
    NoBarrierBeforeRemoval,
}
