//! The engine's side of the exchange: ask for an action, get what came of it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use parking_lot::Mutex;

use super::{Action, BodyReport, FrontEndAction, Reply, StoreAction};
use crate::Error;
use crate::event::Event;
use crate::hook::{Hook, HookMoment};
use crate::id::Holder;
use crate::key::CacheKey;
use crate::lock::LockManager;
use crate::policy::ComposedKey;
use crate::record::EncodedValue;
use crate::store::{LookUp, ResultStore, Write};
use crate::transaction::Transaction;

/// Where an action and its reply change hands.
#[derive(Debug, Default)]
pub(super) struct Exchange(Mutex<Slot>);

#[derive(Debug, Default)]
enum Slot {
    #[default]
    Empty,
    Action(Action),
    Reply(Reply),
}

impl Exchange {
    pub(super) fn take_action(&self) -> Action {
        match std::mem::take(&mut *self.0.lock()) {
            Slot::Action(action) => action,
            Slot::Empty | Slot::Reply(_) => unreachable!("a procedure awaits nothing but actions"),
        }
    }

    pub(super) fn put_reply(&self, reply: Reply) {
        *self.0.lock() = Slot::Reply(reply);
    }

    fn take_reply(&self) -> Option<Reply> {
        let mut slot = self.0.lock();
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

/// Waits for the reply to the action just handed out.
struct Ask<'a> {
    exchange: &'a Exchange,
    action: Option<Action>,
}

impl Future for Ask<'_> {
    type Output = Reply;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Reply> {
        match self.action.take() {
            Some(action) => {
                *self.exchange.0.lock() = Slot::Action(action);
                Poll::Pending
            }
            None => self.exchange.take_reply().map_or(Poll::Pending, Poll::Ready),
        }
    }
}

/// Unwraps the one reply that an action is owed.
macro_rules! owed {
    ($reply:expr, $variant:ident) => {
        match $reply {
            Reply::$variant(content) => content,
            other => panic!(concat!("a driver owes Reply::", stringify!($variant), " and gave {:?}"), other),
        }
    };
}

impl Outside {
    pub(super) fn new(exchange: Arc<Exchange>) -> Self {
        Self(exchange)
    }

    async fn ask(&self, action: Action) -> Reply {
        Ask { exchange: &self.0, action: Some(action) }.await
    }

    async fn ask_front_end(&self, action: FrontEndAction) -> Reply {
        self.ask(Action::FrontEnd(action)).await
    }

    async fn ask_store(&self, action: StoreAction) -> Reply {
        self.ask(Action::Store(action)).await
    }

    pub(crate) async fn report(&self, event: Event) {
        self.ask(Action::Report(event)).await;
    }

    pub(crate) async fn sleep(&self, duration: Duration) {
        self.ask(Action::Sleep(duration)).await;
    }

    pub(crate) async fn compute_key(&self) -> ComposedKey {
        owed!(self.ask_front_end(FrontEndAction::ComputeKey).await, Key)
    }

    pub(crate) async fn run_body(&self, transaction: Option<Transaction>, attempt: u32, last: bool) -> BodyReport {
        owed!(self.ask_front_end(FrontEndAction::RunBody { transaction, attempt, last }).await, Body)
    }

    pub(crate) async fn encode(&self) -> Result<EncodedValue, Error> {
        owed!(self.ask_front_end(FrontEndAction::Encode).await, Encoded)
    }

    pub(crate) async fn decode(&self, value: EncodedValue) -> Result<(), Error> {
        owed!(self.ask_front_end(FrontEndAction::Decode(value)).await, Decoded)
    }

    pub(crate) async fn run_hook(&self, hook: Hook, moment: HookMoment) -> Result<(), Error> {
        owed!(self.ask_front_end(FrontEndAction::RunHook { hook, moment }).await, HookRan)
    }

    pub(crate) async fn look_up(&self, store: Arc<ResultStore>, key: CacheKey) -> Result<LookUp, Error> {
        owed!(self.ask_store(StoreAction::LookUp { store, key }).await, LookedUp)
    }

    pub(crate) async fn commit(&self, writes: Vec<Write>) -> Result<(), Error> {
        owed!(self.ask_store(StoreAction::Commit(writes)).await, Committed)
    }

    pub(crate) async fn acquire_lock(
        &self,
        manager: Arc<dyn LockManager>,
        key: CacheKey,
        holder: Holder,
        timeout: Option<Duration>,
    ) -> Result<(), Error> {
        owed!(self.ask_store(StoreAction::AcquireLock { manager, key, holder, timeout }).await, Locked)
    }

    pub(crate) async fn release_lock(
        &self,
        manager: Arc<dyn LockManager>,
        key: CacheKey,
        holder: Holder,
    ) -> Result<(), Error> {
        owed!(self.ask_store(StoreAction::ReleaseLock { manager, key, holder }).await, Released)
    }
}
