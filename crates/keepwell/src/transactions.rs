//! Transactions of the user's own: everything inside becomes visible together, or not at all.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use futures_lite::FutureExt;
use keepwell_core::Error;
#[cfg(doc)]
use keepwell_core::ErrorKind;
use keepwell_core::action::{Action, FrontEndAction, Procedure, Reply, Step};
use keepwell_core::driver::{self, FrontEnd};
use keepwell_core::event::Event;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::LockManager;
use keepwell_core::record::SerializerName;
use keepwell_core::storage::StorageLocation;
use keepwell_core::store::ResultStore;
pub use keepwell_core::transaction::{CommitMode, IsolationLevel, TransactionState};
use keepwell_core::transaction::{Ending, Settled, Transaction as EngineTransaction, TransactionOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::context::{Context, InContext};
use crate::task::{HookContext, hook};
use crate::value::formats;
use crate::{clock, report, settings, stores, waiting};

/// A transaction that is under way.
#[derive(Clone)]
pub struct Transaction(EngineTransaction);

/// A value kept by [`Transaction::set`], with the way to copy it.
struct Kept<T>(T);

impl Transaction {
    /// Whether the record under the transaction's key is visible: it was there from the beginning, or was committed.
    pub fn is_committed(&self) -> bool {
        self.0.is_committed()
    }

    /// Where the transaction stands.
    pub fn state(&self) -> TransactionState {
        self.0.state()
    }

    /// The transaction's key.
    pub fn key(&self) -> Option<&CacheKey> {
        self.0.key()
    }

    /// Keeps a value under `name` for hooks, and for whoever asks this transaction or one nested in it.
    pub fn set<T: Any + Send + Sync>(&self, name: &str, value: T) {
        self.0.set(name, Arc::new(Kept(value)));
    }

    /// A copy of the value kept under `name` by this transaction or the nearest one around it that has one, if it is a
    /// `T`.
    pub fn get<T: Any + Send + Sync + Clone>(&self, name: &str) -> Option<T> {
        let kept = self.0.get(name)?;
        kept.downcast_ref::<Kept<T>>().map(|kept| kept.0.clone())
    }

    /// Stages the value to be kept under the transaction's key. The last one staged is kept.
    ///
    /// # Errors
    /// [`ErrorKind::Serialization`] if it cannot be encoded; [`ErrorKind::Unsupported`] if the transaction has no key;
    /// [`ErrorKind::Aborted`] if it was rolled back. Nothing is staged then.
    pub fn stage<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), Error> {
        self.0.stage(formats::encode(value, &SerializerName::CBOR)?)
    }

    /// The value that is kept under the transaction's key, or `None` where there is none.
    ///
    /// # Errors
    /// [`ErrorKind::Serialization`] if it is not a `T`; [`ErrorKind::Storage`] if it cannot be read.
    pub fn read<T: DeserializeOwned>(&self) -> Result<Option<T>, Error> {
        let (Some(store), Some(key)) = (self.0.store(), self.0.key()) else { return Ok(None) };
        match store.read(key)? {
            Some(record) => formats::decode(&record.value()).map(Some),
            None => Ok(None),
        }
    }

    /// Adds a hook that runs once everything in the transaction is visible.
    pub fn on_commit(&self, hook: impl Fn(&HookContext) + Send + Sync + 'static) {
        self.0.on_commit(hook::hook("on_commit", hook));
    }

    /// Adds a hook that runs if the transaction is undone. The newest runs first.
    pub fn on_rollback(&self, hook: impl Fn(&HookContext) + Send + Sync + 'static) {
        self.0.on_rollback(hook::hook("on_rollback", hook));
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Runs `body` in a transaction: the results of tasks called in it become visible together when the outermost
/// transaction ends, or not at all.
///
/// If `body` returns an error or panics, and also if a task called in it fails, everything is rolled back. For a key,
/// an isolation level or a commit mode see [`TransactionBuilder`].
///
/// # Errors
/// What `body` returned; or, if `body` returned a value, why nothing could be committed: [`ErrorKind::Serialization`],
/// [`ErrorKind::Storage`], [`ErrorKind::Aborted`] if a task called in it had failed. Nothing is visible then.
pub fn transaction<T, E: From<Error>>(body: impl FnOnce(&Transaction) -> Result<T, E>) -> Result<T, E> {
    TransactionBuilder::new().run(body)
}

/// [`transaction`] for async code. If the returned future is dropped, everything is rolled back.
///
/// # Errors
/// As [`transaction`].
pub async fn transaction_async<T, E: From<Error>>(
    body: impl AsyncFnOnce(&Transaction) -> Result<T, E>,
) -> Result<T, E> {
    TransactionBuilder::new().run_async(body).await
}

/// A transaction with options, not yet begun.
#[derive(Clone, Debug, Default)]
#[must_use = "a transaction does nothing until it is run"]
pub struct TransactionBuilder {
    key: Option<String>,
    storage: Option<StorageLocation>,
    lock_manager: Option<Arc<dyn LockManager>>,
    options: TransactionOptions,
}

impl TransactionBuilder {
    /// A transaction without a key, lazy and read committed unless the one around it is not.
    pub fn new() -> Self {
        Self::default()
    }

    /// The transaction keeps one value of its own under this key: the one that is staged in it, or "no value". When it
    /// begins, [`Transaction::is_committed`] says whether there is one already.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Where the value under the key is kept.
    pub fn storage(mut self, location: impl Into<StorageLocation>) -> Self {
        self.storage = Some(location.into());
        self
    }

    /// Who grants the locks that [`IsolationLevel::Serializable`] needs.
    pub fn lock_manager(mut self, manager: Arc<dyn LockManager>) -> Self {
        self.lock_manager = Some(manager);
        self
    }

    /// How concurrent transactions with the key see each other; tasks inside that do not say otherwise take it over.
    pub fn isolation_level(mut self, level: IsolationLevel) -> Self {
        self.options.isolation_level = Some(level);
        self
    }

    /// When what is inside becomes visible.
    pub fn commit_mode(mut self, mode: CommitMode) -> Self {
        self.options.commit_mode = Some(mode);
        self
    }

    /// Whether a value that is kept under the key already is ignored and replaced.
    pub fn overwrite(mut self, overwrite: bool) -> Self {
        self.options.overwrite = overwrite;
        self
    }

    /// Whether anything is written under the key when the transaction commits.
    pub fn write_on_commit(mut self, write: bool) -> Self {
        self.options.write_on_commit = write;
        self
    }

    /// Runs `body` in the transaction.
    ///
    /// # Errors
    /// As [`transaction`]; and [`ErrorKind::LockTimeout`] or [`ErrorKind::Unsupported`] if it could not begin, in which
    /// case `body` did not run.
    pub fn run<T, E: From<Error>>(self, body: impl FnOnce(&Transaction) -> Result<T, E>) -> Result<T, E> {
        let mut open = self.open()?;
        drive(open.transaction().begin())?;
        let transaction = Transaction(open.transaction().clone());
        let ended = catch_unwind(AssertUnwindSafe(|| open.context().scope(|| body(&transaction))));
        let settled = drive(open.close().end(ending(&ended)));
        outcome(ended, settled)
    }

    /// [`run`](Self::run) for async code. If the returned future is dropped, everything is rolled back.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_async<T, E: From<Error>>(
        self,
        body: impl AsyncFnOnce(&Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut open = self.open()?;
        drive_async(open.transaction().begin()).await?;
        let transaction = Transaction(open.transaction().clone());
        let body = Box::pin(body(&transaction));
        let ended = AssertUnwindSafe(InContext::new(open.context(), body)).catch_unwind().await;
        let settled = drive_async(open.close().end(ending(&ended))).await;
        outcome(ended, settled)
    }

    fn open(self) -> Result<Open, Error> {
        let around = Context::current();
        let mut options = self.options;
        if let Some(key) = self.key {
            options.key = Some(CacheKey::new(key)?);
        }
        options.store = Some(store(self.storage.as_ref(), self.lock_manager, &around));
        let transaction = EngineTransaction::open(around.transaction.as_ref(), options)?;
        Ok(Open { transaction: Some(transaction), around })
    }
}

fn store(
    location: Option<&StorageLocation>,
    lock_manager: Option<Arc<dyn LockManager>>,
    around: &Context,
) -> Arc<ResultStore> {
    let settings = settings::current();
    let store = match location {
        Some(location) => Arc::new(ResultStore::at(location, &settings)),
        None => stores::of_surroundings(around, &settings),
    };
    match lock_manager {
        None => store,
        Some(manager) => {
            let mut options = store.options().clone();
            options.lock_manager = Some(manager);
            Arc::new(ResultStore::new(options))
        }
    }
}

/// A transaction that is rolled back if it is dropped before it has been closed.
struct Open {
    transaction: Option<EngineTransaction>,
    around: Context,
}

impl Open {
    fn transaction(&self) -> &EngineTransaction {
        self.transaction.as_ref().expect("it is taken out only by `close`, which is the end of it")
    }

    /// What surrounds the code inside.
    fn context(&self) -> Context {
        Context { transaction: self.transaction.clone(), ..self.around.clone() }
    }

    fn close(&mut self) -> EngineTransaction {
        self.transaction.take().expect("a transaction is closed once")
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(transaction) = self.transaction.take() {
            drive(transaction.end(Ending::Failed { name: "a transaction that was dropped".into() }));
        }
    }
}

type Ended<T, E> = Result<Result<T, E>, Box<dyn Any + Send>>;

fn ending<T, E>(ended: &Ended<T, E>) -> Ending {
    match ended {
        Ok(Ok(_)) => Ending::Returned,
        Ok(Err(_)) | Err(_) => Ending::Failed { name: "the transaction's block".into() },
    }
}

fn outcome<T, E: From<Error>>(ended: Ended<T, E>, settled: Settled) -> Result<T, E> {
    match (ended, settled.error) {
        (Err(panic), _) => resume_unwind(panic),
        (Ok(Ok(_)), Some(error)) => Err(error.into()),
        (Ok(returned), _) => returned,
    }
}

fn drive<T>(mut procedure: Procedure<T>) -> T {
    driver::drive(&mut procedure, clock::clock(), &mut HooksOnly)
}

async fn drive_async<T>(mut procedure: Procedure<T>) -> T {
    let mut front_end = HooksOnly;
    let mut step = procedure.start();
    loop {
        procedure.take_events().into_iter().for_each(|event| front_end.report(event));
        let reply = match step {
            Step::Done(result) => return result,
            Step::Perform(Action::FrontEnd(action)) => front_end.perform(action),
            Step::Perform(Action::Store(action)) => waiting::perform(action).await,
            Step::Perform(Action::Sleep(duration)) => waiting::sleep(duration).await,
        };
        step = procedure.resume(reply);
    }
}

/// The front end of a transaction, which has no key to compute and no value to encode: only hooks to run.
struct HooksOnly;

impl FrontEnd for HooksOnly {
    fn perform(&mut self, action: FrontEndAction) -> Reply {
        match action {
            FrontEndAction::RunHook { hook, moment } => Reply::HookRan(hook::run(&hook, &moment, &"".into())),
            FrontEndAction::ComputeKey
            | FrontEndAction::RunBody { .. }
            | FrontEndAction::Encode
            | FrontEndAction::Decode(_) => unreachable!("a transaction asks for nothing but hooks"),
        }
    }

    fn report(&mut self, event: Event) {
        report::transaction(&event);
    }
}
