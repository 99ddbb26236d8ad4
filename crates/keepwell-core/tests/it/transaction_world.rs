//! A world to play in: it performs store actions and hooks in one thread, takes note of what it sees, and can be cut off
//! at any action. A lock that would have to be waited for is a violation: in one thread nobody else can release it.

use std::collections::BTreeMap;
use std::sync::Arc;

use keepwell_core::ErrorKind;
use keepwell_core::action::{Action, FrontEndAction, Procedure, Reply, Step, StoreAction};
use keepwell_core::hook::{Hook, HookMoment};
use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::LockManager;
use keepwell_core::record::Claim;
use keepwell_core::store::{Claimed, LookUp, MissReason, Write};
use keepwell_core::transaction::{Transaction, TransactionState};

use crate::transaction_fixture::{error, found, written_text};
use crate::transaction_story::{CommitOutcome, Faults};

/// Storage, locks, hooks and a log.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) faults: Faults,
    pub(crate) visible: BTreeMap<String, String>,
    pub(crate) log: Vec<String>,
    /// Whether what the engine reports goes to the log.
    pub(crate) tells: bool,
    /// What every look-up comes to, where that is not what is visible.
    pub(crate) miss: Option<MissReason>,
    /// Whether every record is written under a lock.
    pub(crate) guarded: bool,
    /// What happens while a lock is waited for.
    pub(crate) meanwhile: Option<Meanwhile>,
    /// What was asked to be made visible.
    pub(crate) writes: Vec<Write>,
    held: Vec<(usize, CacheKey, Holder)>,
    /// Claims, and whether each is spent.
    claims: Vec<(CacheKey, Claim, bool)>,
    names: Vec<(Transaction, String)>,
    commits: usize,
    actions: usize,
    cut: Option<Cut>,
    is_given_up: bool,
}

/// What happens outside while a lock is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Meanwhile {
    /// Somebody else writes the record.
    RecordAppears,
    StorageFails,
}

/// Where a story is cut off: the action is handed out and its reply never comes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    /// Counts from 0.
    pub(crate) at: usize,
    /// Whether the action is performed all the same.
    pub(crate) performed: bool,
}

impl World {
    pub(crate) fn new(present: &[&str], faults: Faults) -> Self {
        let visible = present.iter().map(|key| ((*key).to_owned(), "old".to_owned())).collect();
        Self { faults, visible, ..Self::default() }
    }

    pub(crate) fn cut_at(mut self, cut: Cut) -> Self {
        self.cut = Some(cut);
        self
    }

    /// Whether there was an action to be cut off at.
    pub(crate) fn was_cut(&self) -> bool {
        self.cut.is_some_and(|cut| self.actions > cut.at)
    }

    pub(crate) fn log(&mut self, line: impl Into<String>) {
        self.log.push(line.into());
    }

    /// Calls `transaction` by `name` in the log.
    pub(crate) fn name(&mut self, transaction: &Transaction, name: impl Into<String>) {
        self.names.push((transaction.clone(), name.into()));
    }

    /// How many locks and turns are held.
    pub(crate) fn held(&self) -> usize {
        self.held.len()
    }

    pub(crate) fn states(&self) -> BTreeMap<String, TransactionState> {
        self.names.iter().map(|(transaction, name)| (name.clone(), transaction.state())).collect()
    }

    /// Takes note of every lock that has not been given back.
    pub(crate) fn close(&mut self) {
        let held = std::mem::take(&mut self.held);
        self.log.extend(held.iter().map(|(_, key, _)| format!("VIOLATION: the lock for {key} is still held")));
        // One whose reply was cut off is nobody's.
        if self.cut.is_none() {
            let standing = std::mem::take(&mut self.claims).into_iter().filter(|(.., is_spent)| !is_spent);
            self.log.extend(standing.map(|(key, ..)| format!("VIOLATION: the claim on {key} still stands")));
        }
    }

    /// Drives a procedure to its end; `None` if the story was cut off.
    pub(crate) fn drive<T>(
        &mut self,
        procedure: &mut Procedure<T>,
        front_end: &mut dyn FnMut(&mut Self, FrontEndAction) -> Option<Reply>,
    ) -> Option<T> {
        let mut step = procedure.start();
        loop {
            for event in procedure.take_events() {
                self.tell(|| format!("{:?}: {}", event.level(), event.message()));
            }
            match step {
                Step::Done(result) => return Some(result),
                Step::Perform(action) => step = procedure.resume(self.perform(action, front_end)?),
            }
        }
    }

    /// Drives to its end what follows a cut: only what was taken may be given back.
    pub(crate) fn give_up<T>(&mut self, procedure: &mut Procedure<T>) -> T {
        self.is_given_up = true;
        self.drive_to_end(procedure)
    }

    /// Drives to its end a procedure that needs no front end and is not cut off.
    pub(crate) fn drive_to_end<T>(&mut self, procedure: &mut Procedure<T>) -> T {
        let unexpected = &mut |_: &mut Self, action| unreachable!("{action:?} needs a front end");
        self.drive(procedure, unexpected).expect("no later action has the number of the cut")
    }

    fn perform(
        &mut self,
        action: Action,
        front_end: &mut dyn FnMut(&mut Self, FrontEndAction) -> Option<Reply>,
    ) -> Option<Reply> {
        let number = self.actions;
        self.actions += 1;
        let cut = self.cut.filter(|cut| cut.at == number);
        if cut.is_some_and(|cut| !cut.performed) {
            return None;
        }
        let reply = match action {
            Action::FrontEnd(FrontEndAction::RunHook { hook, moment }) => Some(self.run_hook(&hook, &moment)),
            Action::FrontEnd(action) => front_end(self, action),
            Action::Store(action) => Some(self.perform_store(action)),
            Action::Sleep(delay) => {
                self.log(format!("slept {delay:?}"));
                Some(Reply::Done)
            }
        };
        reply.filter(|_| cut.is_none())
    }

    fn tell(&mut self, line: impl FnOnce() -> String) {
        if self.tells {
            self.log(line());
        }
    }

    fn perform_store(&mut self, action: StoreAction) -> Reply {
        if self.is_given_up && !matches!(action, StoreAction::ReleaseLock { .. } | StoreAction::Unclaim { .. }) {
            self.log(format!("VIOLATION: {action:?} after the story was cut off"));
        }
        match action {
            StoreAction::LookUp { key, .. } => Reply::LookedUp(self.look_up(&key)),
            StoreAction::Claim { key, .. } => Reply::Claimed(Ok(Claimed::Claim(self.claim(&key)))),
            StoreAction::Unclaim { key, claim, .. } => Reply::Released(self.unclaim(&key, claim)),
            StoreAction::Commit(writes) => Reply::Committed(self.commit(&writes)),
            StoreAction::AcquireLock { key, .. } if self.faults.locks_time_out => {
                Reply::Locked(Err(error(ErrorKind::LockTimeout, &format!("the lock for {key} is held by `other`"))))
            }
            StoreAction::AcquireLock { manager, key, holder, .. } => {
                self.acquire(address(&manager), key, holder);
                Reply::Locked(Ok(()))
            }
            StoreAction::ReleaseLock { manager, key, holder } => {
                Reply::Released(self.release((address(&manager), key, holder)))
            }
        }
    }

    fn look_up(&mut self, key: &CacheKey) -> Result<LookUp, keepwell_core::Error> {
        self.tell(|| format!("look up {key}"));
        if self.faults.look_ups_fail {
            return Err(error(ErrorKind::Storage, "the disk is on fire"));
        }
        if let Some(reason) = &self.miss {
            return Ok(LookUp::Miss(reason.clone()));
        }
        let value = self.visible.get(key.as_str());
        Ok(value.map_or(LookUp::Miss(MissReason::Absent), |value| found(key, value)))
    }

    fn claim(&mut self, key: &CacheKey) -> Claim {
        let claim = Claim { epoch: self.claims.len() as u64 + 1, nonce: [1; 16] };
        if self.claims.iter().any(|(claimed, _, is_spent)| claimed == key && !is_spent) {
            self.log(format!("VIOLATION: {key} is claimed again by the same tree"));
        }
        self.claims.push((key.clone(), claim, false));
        claim
    }

    fn unclaim(&mut self, key: &CacheKey, claim: Claim) -> Result<(), keepwell_core::Error> {
        match self.claims.iter().position(|held| *held == (key.clone(), claim, false)) {
            Some(place) => drop(self.claims.remove(place)),
            None => self.log(format!("VIOLATION: a claim on {key} is given back that nobody has")),
        }
        Ok(())
    }

    /// Whoever commits under a claim must have made it.
    fn spend_claims(&mut self, writes: &[Write]) {
        for (key, claim) in writes.iter().filter_map(|write| Some((&write.key, write.claim?))) {
            match self.claims.iter_mut().find(|held| held.0 == *key && held.1 == claim) {
                Some(held) => held.2 = true,
                None => self.log(format!("VIOLATION: {key} is committed under a claim that nobody has")),
            }
        }
    }

    fn commit(&mut self, writes: &[Write]) -> Result<Vec<keepwell_core::Error>, keepwell_core::Error> {
        self.writes.extend_from_slice(writes);
        let claimed = writes.to_vec();
        let writes: Vec<_> = writes.iter().map(|write| (write.key.to_string(), written_text(write))).collect();
        self.log(format!("commit {writes:?}"));
        if self.guarded {
            self.guard(&writes);
        }
        self.commits += 1;
        match self.faults.commits.outcome(self.commits - 1) {
            CommitOutcome::Works => {
                self.spend_claims(&claimed);
                self.visible.extend(writes);
                Ok(Vec::new())
            }
            CommitOutcome::Fails => Err(error(ErrorKind::Storage, "the disk is full")),
            CommitOutcome::IsUnknown => {
                self.spend_claims(&claimed);
                Err(error(ErrorKind::CommitUnknown, "the line is dead"))
            }
        }
    }

    /// Whoever commits a record must still hold its lock.
    fn guard(&mut self, writes: &[(String, String)]) {
        let held = |key: &String| self.held.iter().any(|(_, held, _)| held.as_str() == key);
        let unguarded: Vec<String> = writes.iter().map(|(key, _)| key).filter(|key| !held(key)).cloned().collect();
        self.log.extend(unguarded.iter().map(|key| format!("VIOLATION: {key} is committed without its lock")));
    }

    fn acquire(&mut self, manager: usize, key: CacheKey, holder: Holder) {
        self.tell(|| format!("lock {key}"));
        match self.meanwhile {
            Some(Meanwhile::RecordAppears) => self.appear(key.as_str()),
            Some(Meanwhile::StorageFails) => self.faults.look_ups_fail = true,
            None => {}
        }
        if let Some((.., by)) = self.held.iter().find(|lock| (lock.0, &lock.1) == (manager, &key)) {
            let line = format!("VIOLATION: the lock for {key} is held by {by}, and {holder} waits for ever");
            self.log(line);
        }
        self.held.push((manager, key, holder));
    }

    /// Somebody else writes a record.
    pub(crate) fn appear(&mut self, key: &str) {
        self.visible.insert(key.to_owned(), "theirs".to_owned());
    }

    fn release(&mut self, lock: (usize, CacheKey, Holder)) -> Result<(), keepwell_core::Error> {
        if let Some(place) = self.held.iter().position(|held| *held == lock) {
            self.held.remove(place);
            self.tell(|| format!("unlock {}", lock.1));
            return Ok(());
        }
        if !self.was_cut() {
            self.log(format!("VIOLATION: the lock for {} is released and not held", lock.1));
        }
        Err(error(ErrorKind::LeaseLost, "not held"))
    }

    fn run_hook(&mut self, hook: &Hook, moment: &HookMoment) -> Reply {
        let line = match moment {
            HookMoment::Entered(state) => format!("{} on {state}", hook.name),
            HookMoment::Committed(transaction) => {
                self.told(transaction, TransactionState::Committed, "committed", &hook.name)
            }
            HookMoment::RolledBack(transaction) => {
                self.told(transaction, TransactionState::RolledBack, "undone", &hook.name)
            }
        };
        self.log(line);
        Reply::HookRan(match self.faults.hooks_fail {
            true => Err(error(ErrorKind::User, "the hook failed")),
            false => Ok(()),
        })
    }

    fn told(&self, transaction: &Transaction, state: TransactionState, what: &str, hook: &str) -> String {
        let name = self.names.iter().rev().find(|(named, _)| named.id() == transaction.id());
        let name = name.map_or(hook, |(_, name)| name.as_str());
        match transaction.state() == state {
            true => format!("{what} {name}"),
            false => format!("VIOLATION: {what} {name} in state {:?}", transaction.state()),
        }
    }
}

fn address(manager: &Arc<dyn LockManager>) -> usize {
    Arc::as_ptr(manager).cast::<()>() as usize
}
