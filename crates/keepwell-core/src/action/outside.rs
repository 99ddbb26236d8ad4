//! The engine's side of the exchange: ask for an action, get what came of it.
//!
//! Once the procedure is abandoned, whatever does not settle something is refused here, in one place, and looks like a
//! failure to the code that asked.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use parking_lot::Mutex;

use super::{Action, BodyOutcome, BodyReport, FailureKind, FrontEndAction, Reply, StoreAction};
use crate::clock::Timestamp;
use crate::event::Event;
use crate::hook::{Hook, HookMoment};
use crate::id::Holder;
use crate::key::CacheKey;
use crate::lock::LockManager;
use crate::policy::ComposedKey;
use crate::record::{Claim, EncodedValue};
use crate::store::{Claimed, LookUp, ResultStore, Write};
use crate::transaction::Transaction;
use crate::{Error, ErrorKind};

/// Where an action and its reply change hands.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    slot: Mutex<Slot>,
    events: Mutex<Vec<Event>>,
    abandoned: AtomicBool,
}

#[derive(Debug, Default)]
enum Slot {
    #[default]
    Empty,
    Action(Action),
    Reply(Reply),
}

impl Exchange {
    pub(super) fn take_action(&self) -> Action {
        match std::mem::take(&mut *self.slot.lock()) {
            Slot::Action(action) => action,
            Slot::Empty | Slot::Reply(_) => unreachable!("a procedure awaits nothing but actions"),
        }
    }

    pub(super) fn put_reply(&self, reply: Reply) {
        *self.slot.lock() = Slot::Reply(reply);
    }

    /// What happened since this was last asked.
    pub(super) fn take_events(&self) -> Vec<Event> {
        std::mem::take(&mut *self.events.lock())
    }

    /// No reply to the action just handed out will come, and nothing new is to be begun.
    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }

    fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed)
    }

    fn take_reply(&self) -> Option<Reply> {
        let mut slot = self.slot.lock();
        match std::mem::take(&mut *slot) {
            Slot::Reply(reply) => Some(reply),
            other => {
                *slot = other;
                None
            }
        }
    }
}

/// Everything that is outside the engine.
#[derive(Clone, Debug)]
pub(crate) struct Outside(Arc<Exchange>);

/// Waits for the reply to the action just handed out. There is none if the procedure is abandoned meanwhile.
struct Ask<'a> {
    exchange: &'a Exchange,
    action: Option<Action>,
}

impl Future for Ask<'_> {
    type Output = Option<Reply>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Reply>> {
        if let Some(action) = self.action.take() {
            if self.exchange.is_abandoned() && !action.settles() {
                return Poll::Ready(None);
            }
            *self.exchange.slot.lock() = Slot::Action(action);
            return Poll::Pending;
        }
        match self.exchange.take_reply() {
            None if !self.exchange.is_abandoned() => Poll::Pending,
            reply => Poll::Ready(reply),
        }
    }
}

/// Unwraps the one reply that an action is owed, if it came.
macro_rules! owed {
    ($reply:expr, $variant:ident) => {
        $reply.map(|reply| match reply {
            Reply::$variant(content) => content,
            other => panic!(concat!("a driver owes Reply::", stringify!($variant), " and gave {:?}"), other),
        })
    };
}

impl Outside {
    pub(super) fn new(exchange: Arc<Exchange>) -> Self {
        Self(exchange)
    }

    /// Whether whoever drove the procedure has gone away: what it has taken is to be given back, and no more.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.0.is_abandoned()
    }

    pub(crate) fn refuse_if_abandoned(&self) -> Result<(), Error> {
        if self.is_abandoned() { Err(abandoned()) } else { Ok(()) }
    }

    /// The reply; `None` if the procedure was abandoned before it came, or before the action could be begun.
    fn ask(&self, action: Action) -> Ask<'_> {
        Ask { exchange: &self.0, action: Some(action) }
    }

    fn ask_front_end(&self, action: FrontEndAction) -> Ask<'_> {
        self.ask(Action::FrontEnd(action))
    }

    fn ask_store(&self, action: StoreAction) -> Ask<'_> {
        self.ask(Action::Store(action))
    }

    /// Takes note of what happened, to be told with the next action.
    pub(crate) fn report(&self, event: Event) {
        self.0.events.lock().push(event);
    }

    pub(crate) async fn sleep(&self, duration: Duration) {
        self.ask(Action::Sleep(duration)).await;
    }

    pub(crate) async fn compute_key(&self) -> Result<ComposedKey, Error> {
        owed!(self.ask_front_end(FrontEndAction::ComputeKey).await, Key).ok_or_else(abandoned)
    }

    pub(crate) async fn run_body(&self, transaction: Option<Transaction>, attempt: u32, last: bool) -> BodyReport {
        let reply = self.ask_front_end(FrontEndAction::RunBody { transaction, attempt, last }).await;
        owed!(reply, Body).unwrap_or_else(|| BodyReport {
            outcome: BodyOutcome::Failed {
                kind: FailureKind::Crashed,
                message: abandoned().to_string(),
                may_retry: false,
            },
            state: None,
            ended: Timestamp::from_millis(0),
            duration: Duration::ZERO,
        })
    }

    pub(crate) async fn encode(&self) -> Result<EncodedValue, Error> {
        owed!(self.ask_front_end(FrontEndAction::Encode).await, Encoded).unwrap_or_else(|| Err(abandoned()))
    }

    pub(crate) async fn decode(&self, value: EncodedValue) -> Result<(), Error> {
        owed!(self.ask_front_end(FrontEndAction::Decode(value)).await, Decoded).unwrap_or_else(|| Err(abandoned()))
    }

    pub(crate) async fn run_hook(&self, hook: Hook, moment: HookMoment) -> Result<(), Error> {
        let reply = self.ask_front_end(FrontEndAction::RunHook { hook, moment }).await;
        owed!(reply, HookRan).unwrap_or_else(|| Err(abandoned()))
    }

    pub(crate) async fn look_up(&self, store: Arc<ResultStore>, key: CacheKey) -> Result<LookUp, Error> {
        let reply = self.ask_store(StoreAction::LookUp { store, key }).await;
        owed!(reply, LookedUp).unwrap_or_else(|| Err(abandoned()))
    }

    pub(crate) async fn claim(
        &self,
        store: Arc<ResultStore>,
        key: CacheKey,
        overwritten: bool,
    ) -> Result<Claimed, Error> {
        let reply = self.ask_store(StoreAction::Claim { store, key, overwritten }).await;
        owed!(reply, Claimed).unwrap_or_else(|| Err(abandoned()))
    }

    pub(crate) async fn unclaim(&self, store: Arc<ResultStore>, key: CacheKey, claim: Claim) -> Result<(), Error> {
        // A claim that stays keeps nobody out.
        owed!(self.ask_store(StoreAction::Unclaim { store, key, claim }).await, Released).unwrap_or(Ok(()))
    }

    pub(crate) async fn commit(&self, writes: Vec<Write>) -> Result<Vec<Error>, Error> {
        let cut_off = || Error::new(ErrorKind::CommitUnknown, "the run was abandoned while its records were committed");
        owed!(self.ask_store(StoreAction::Commit(writes)).await, Committed).unwrap_or_else(|| Err(cut_off()))
    }

    pub(crate) async fn acquire_lock(
        &self,
        manager: Arc<dyn LockManager>,
        key: CacheKey,
        holder: Holder,
        timeout: Option<Duration>,
    ) -> Result<(), Error> {
        self.refuse_if_abandoned()?;
        let (granter, wanted, by) = (Arc::clone(&manager), key.clone(), holder.clone());
        let reply = self.ask_store(StoreAction::AcquireLock { manager, key, holder, timeout }).await;
        match owed!(reply, Locked) {
            Some(result) => result,
            None => {
                // It may have been granted all the same. If it was not, giving it back is refused and changes nothing.
                let _ = self.release_lock(granter, wanted, by).await;
                Err(abandoned())
            }
        }
    }

    pub(crate) async fn release_lock(
        &self,
        manager: Arc<dyn LockManager>,
        key: CacheKey,
        holder: Holder,
    ) -> Result<(), Error> {
        let release =
            || StoreAction::ReleaseLock { manager: Arc::clone(&manager), key: key.clone(), holder: holder.clone() };
        match owed!(self.ask_store(release()).await, Released) {
            Some(result) => result,
            None => {
                // It may have been given back or not. Once more: no other holder has this one's name.
                let _ = self.ask_store(release()).await;
                Ok(())
            }
        }
    }
}

fn abandoned() -> Error {
    Error::new(ErrorKind::Aborted, "the run was abandoned")
}
