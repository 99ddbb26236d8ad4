//! A holder is stopped for longer than its lease, at rest or inside its commit; another takes over, and then the first goes on.
//!
//! What the newer run has committed stays, and the older one learns that it has lost its lease.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use event_listener::Listener;
use keepwell_core::id::Holder;
use keepwell_core::key::CacheKey;
use keepwell_core::lock::LockManager;
use keepwell_core::lock::lease::{Lease, LeaseState, LeaseTerms};

use super::hand::{Hand, now};
use super::manager::{Which, key};
use super::redis::Server;
use super::side_by_side;
use super::spread::Spread;
use super::writer::{Claims, LEASE, Writer, author};
use crate::chance::Chance;
use crate::failure::{Checked, Failure, demand};
use crate::figures::Figures;
use crate::ground::{Ground, Medium};
use crate::scenario::{Order, Scenario, Verdict};
use crate::{watch, worker};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "holder-stopped",
    about: "a holder is stopped past its lease, also inside its commit, and goes on after another has taken over",
    gate_rounds: 200,
    run,
    work,
};

const MANAGERS: [Which; 2] = [Which::Storage, Which::Redis];
const LANES: u64 = 16;
const DEADLINE: Duration = Duration::from_secs(60);
const END: Duration = Duration::from_secs(90);
/// How long the second run may take to get its claim while the first one is stopped: where that stands in the middle of a
/// write, it keeps others out until it goes on.
const PATIENCE: Duration = Duration::from_secs(4);
/// Longer than an undecided transaction is watched before it is aborted.
const LONG_PATIENCE: Duration = Duration::from_secs(16);
/// How long to wait for the first run to learn.
const LEARNING: Duration = Duration::from_secs(10);
/// How much later than promised a busy machine may be.
const TOLERANCE: Duration = Duration::from_millis(1500);

fn run(order: &Order) -> Checked<Verdict> {
    if let Err(why) = Server::is_possible() {
        return Ok(Verdict::NotPossible(why));
    }
    let (mut figures, mut learnt) = (Figures::default(), Spread::default());
    for which in MANAGERS.into_iter().filter(|which| order.asks_for(which.name())) {
        let replay = order.replay_case(&SCENARIO, which.name());
        let ground = Ground::new(Medium::Disk)?;
        let outcome = with(order, which, ground.path(), &mut figures, &mut learnt);
        ground.judge(outcome).map_err(|failure| failure.within(which.name()).with_replay(replay))?;
    }
    figures.most("learns within, p50 in ms", learnt.percentile(50));
    figures.most("p99", learnt.percentile(99));
    figures.most("most", learnt.percentile(100));
    Ok(Verdict::Passed(figures))
}

fn with(order: &Order, which: Which, folder: &Path, figures: &mut Figures, learnt: &mut Spread) -> Checked<()> {
    let (place, _server) = which.place(folder)?;
    let lanes = side_by_side::lanes(LANES, order.rounds, |rounds| {
        let mut lane = Lane::new(order, which, &place, folder)?;
        for round in rounds {
            watch::step(order.replay_case(&SCENARIO, which.name()));
            lane.round(round).map_err(|failure| failure.within(format!("round {round}")))?;
        }
        Ok((lane.figures, lane.learnt))
    })?;
    for (figures_of_lane, learnt_in_lane) in lanes {
        figures.take_in(&figures_of_lane);
        learnt.take_in(learnt_in_lane);
    }
    Ok(())
}

struct Lane {
    seed: u64,
    store: PathBuf,
    /// To look at the locks with.
    manager: Arc<dyn LockManager>,
    hands: Vec<(String, Hand)>,
    figures: Figures,
    learnt: Spread,
}

/// What a run said of its end.
struct End {
    word: String,
    knows_loss: bool,
}

/// One round: the run that is stopped, and the one that takes over.
struct Round<'a> {
    first: &'a mut (String, Hand),
    second: &'a mut (String, Hand),
    manager: &'a dyn LockManager,
    number: u64,
    name: String,
    chance: Chance,
    figures: &'a mut Figures,
    learnt: &'a mut Spread,
}

impl Lane {
    fn new(order: &Order, which: Which, place: &str, folder: &Path) -> Checked<Self> {
        let store = folder.join("store");
        let start = |role: &str| {
            let mut command = worker::command(SCENARIO.name, order.mistake.as_deref())?;
            command.arg(which.name()).arg(place).arg(&store).arg(role);
            Ok((role.to_owned(), Hand::start(command)?))
        };
        let hands = ["one", "other"].map(start).into_iter().collect::<Checked<_>>()?;
        let manager = which.open(place, LEASE)?;
        Ok(Self { seed: order.seed, store, manager, hands, figures: Figures::default(), learnt: Spread::default() })
    }

    fn round(&mut self, number: u64) -> Checked<()> {
        let mut chance = Chance::for_purpose(self.seed, number);
        let count = if chance.once_in(2) { 1 } else { 4 };
        self.hands.swap(0, 1);
        let [first, second] = &mut *self.hands else { unreachable!("there are two") };
        let mut round = Round {
            first,
            second,
            manager: &*self.manager,
            number,
            name: format!("{number} {count}"),
            chance,
            figures: &mut self.figures,
            learnt: &mut self.learnt,
        };
        let (of_first, of_second) = round.run()?;
        self.figures.add("rounds", 1);
        let authors = keys(number, count).iter().map(|key| author(&self.store, key)).collect::<Checked<Vec<_>>>()?;
        demand(authors.iter().all(|author| *author == authors[0]), || format!("half a transaction: {authors:?}"))?;
        let [first, second] = [&self.hands[0].0, &self.hands[1].0].map(|name| Some(name.clone()));
        let explained = match (&*of_first.word, &*of_second.word) {
            ("committed", "found") => authors[0] == first,
            ("refused", "committed") => authors[0] == second,
            ("unknown", "found") => authors[0] == first,
            ("unknown", "committed") => authors[0] == second,
            _ => false,
        };
        let [of_first, of_second] = [of_first.word, of_second.word];
        demand(explained, || {
            format!(
                "the stopped run {of_first}, the one that took over {of_second}, and the records are of {authors:?}"
            )
        })
    }
}

impl Round<'_> {
    fn run(&mut self) -> Checked<(End, End)> {
        self.first.1.tell(&self.name)?;
        let said = self.first.1.expect("", END)?;
        // Somebody stopped in another lane may have held up its renewals from the beginning: it has nothing left to learn.
        let has_lost = said.starts_with("lost");
        let said = if has_lost { self.first.1.expect("", END)? } else { said };
        demand(said == "claimed", || format!("the run that was to be stopped said `{said}`"))?;
        thread::sleep(Duration::from_micros(self.chance.below(200_000)));
        if self.chance.once_in(4) && !has_lost { self.stop_at_rest() } else { self.stop_in_commit() }
    }

    /// Stops the holder before its commit, and has it commit once it knows what it has lost.
    fn stop_at_rest(&mut self) -> Checked<(End, End)> {
        self.first.1.stop()?;
        self.second.1.tell(&self.name)?;
        let claimed = begun(&self.second.1, PATIENCE)?;
        let continued = now();
        self.first.1.go_on()?;
        if claimed.as_deref() != Some("claimed") {
            self.first.1.tell("go")?;
            return self.settle(claimed);
        }
        let learnt_at: u64 = self.first.1.expect("lost", LEARNING)?.parse().unwrap_or(u64::MAX);
        self.learn(learnt_at.saturating_sub(continued))?;
        self.figures.add("stopped at rest", 1);
        if self.chance.once_in(2) {
            return self.end_before_the_other();
        }
        self.first.1.tell("go")?;
        thread::sleep(Duration::from_micros(self.chance.below(1000)));
        self.second.1.tell("go")?;
        Ok((ended(&self.first.1)?, ended(&self.second.1)?))
    }

    /// Has the first run come to its end, and give back what it has not got any more, while the second has its lock.
    fn end_before_the_other(&mut self) -> Checked<(End, End)> {
        self.first.1.tell("go")?;
        let of_first = ended(&self.first.1)?;
        let (key, second) = (&keys(self.number, 1)[0], Holder::new(self.second.0.as_str()));
        let is_held = self.manager.is_lock_holder(key, &second)?;
        demand(is_held, || "the stopped run has given back the lock of the one that took over".to_owned())?;
        self.second.1.tell("go")?;
        Ok((of_first, ended(&self.second.1)?))
    }

    /// Stops the holder when it may be anywhere in its commit.
    fn stop_in_commit(&mut self) -> Checked<(End, End)> {
        self.first.1.tell("go")?;
        thread::sleep(Duration::from_micros(self.chance.below(2500)));
        self.first.1.stop()?;
        self.second.1.tell(&self.name)?;
        let patience = if self.chance.once_in(8) { LONG_PATIENCE } else { PATIENCE };
        let claimed = begun(&self.second.1, patience)?;
        if claimed.as_deref() == Some("claimed") && self.chance.once_in(2) {
            self.second.1.tell("go")?;
            let of_second = ended_within(&self.second.1, PATIENCE)?;
            self.figures.add("stopped in its commit", 1);
            self.first.1.go_on()?;
            let of_second = match of_second {
                Some(end) => end,
                None => {
                    self.figures.add("held up by the stopped one", 1);
                    ended(&self.second.1)?
                }
            };
            return Ok((self.first_end()?, of_second));
        }
        self.first.1.go_on()?;
        self.settle(claimed)
    }

    /// Lets both come to an end at the same time. `claimed` is what the second one had said so far.
    fn settle(&mut self, claimed: Option<String>) -> Checked<(End, End)> {
        let claimed = match claimed {
            Some(word) => word,
            None => {
                self.figures.add("held up by the stopped one", 1);
                begun(&self.second.1, END)?.unwrap_or_default()
            }
        };
        thread::sleep(Duration::from_micros(self.chance.below(1000)));
        match &*claimed {
            "found" => Ok((self.first_end()?, End { word: claimed, knows_loss: false })),
            "claimed" => {
                self.second.1.tell("go")?;
                self.figures.add("stopped in its commit", 1);
                Ok((self.first_end()?, ended(&self.second.1)?))
            }
            other => Err(Failure::new(format!("the run that took over said `{other}`"))),
        }
    }

    fn first_end(&mut self) -> Checked<End> {
        let end = ended(&self.first.1)?;
        let heeds = end.word != "refused" || end.knows_loss;
        demand(heeds, || "the stopped run was refused and still relies on its lease".to_owned())?;
        Ok(end)
    }

    fn learn(&mut self, taken: u64) -> Checked<()> {
        self.learnt.add(taken);
        let terms = LeaseTerms::of(LEASE)?;
        let limit = terms.heartbeat() + TOLERANCE;
        demand(u128::from(taken) <= limit.as_nanos(), || {
            format!("it learnt of its loss {} ms after it had gone on", taken / 1_000_000)
        })
    }
}

/// What the run says of its beginning, if it says it within a time. The stopped one, in the middle of a write, may hold up its
/// renewals, and so it may have lost its lease already: that says nothing of its claim.
fn begun(hand: &Hand, at_most: Duration) -> Checked<Option<String>> {
    let begun = Instant::now();
    loop {
        match hand.listen(at_most.saturating_sub(begun.elapsed()))? {
            Some(line) if line.starts_with("lost") => {}
            said => return Ok(said),
        }
    }
}

/// What the run says of its end.
fn ended(hand: &Hand) -> Checked<End> {
    ended_within(hand, END)?.ok_or_else(|| Failure::new("a run does not come to an end"))
}

/// What the run says of its end, if it says it within a time.
fn ended_within(hand: &Hand, at_most: Duration) -> Checked<Option<End>> {
    loop {
        let Some(line) = hand.listen(at_most)? else { return Ok(None) };
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["lost", _] => {}
            ["done", word, knows] => return Ok(Some(End { word: word.to_owned(), knows_loss: knows == "lost" })),
            _ => return Err(Failure::new(format!("a run said `{line}`"))),
        }
    }
}

/// The keys of a round, the first of which is the one whose lock is taken.
fn keys(round: u64, count: u64) -> Vec<CacheKey> {
    (0..count).map(|number| key(format!("{round}-{number}"))).collect()
}

fn work(arguments: &[String]) -> Checked<()> {
    let [which, place, store, role] = arguments else { return Err(Failure::new("too few arguments")) };
    let manager = Which::named(which)?.open(place, LEASE)?;
    let writer = Writer::new(manager, Path::new(store), Holder::new(role.as_str()));
    loop {
        let [round, count] = super::hand::numbers(&worker::hear()?)?;
        let keys = keys(round, count);
        let is_granted = writer.manager.acquire_lock(&keys[0], &writer.holder, Some(DEADLINE), None)?;
        demand(is_granted, || format!("the lock was not granted in {DEADLINE:?}"))?;
        match writer.claim(&keys)? {
            None => {
                release(&writer, &keys[0]);
                worker::say("found")?;
            }
            Some(claims) => commit(&writer, &keys[0], claims)?,
        }
    }
}

fn commit(writer: &Writer, key: &CacheKey, claims: Claims) -> Checked<()> {
    let lease = writer.manager.lease_of(key, &writer.holder).ok_or_else(|| Failure::new("a lock without a lease"))?;
    let is_over = Arc::new(Mutex::new(false));
    let (watched, is_over_there) = (Arc::clone(&lease), Arc::clone(&is_over));
    thread::spawn(move || tell_of_loss(&watched, &is_over_there));
    worker::say("claimed")?;
    worker::hear()?;
    let outcome = writer.commit(claims)?;
    let knows = if lease.state() == LeaseState::Lost { "lost" } else { "held" };
    *is_over.lock().expect("nobody panics with it") = true;
    release(writer, key);
    worker::say(&format!("done {} {knows}", outcome.word()))
}

fn release(writer: &Writer, key: &CacheKey) {
    // It may be another's by now.
    let _ = writer.manager.release_lock(key, &writer.holder);
}

/// Says when the lease is lost, as somebody learns who does nothing but wait for that.
fn tell_of_loss(lease: &Lease, is_over: &Mutex<bool>) {
    let is_lost = lease.lost().wait_timeout(END).is_some();
    let is_over = is_over.lock().expect("nobody panics with it");
    if is_lost && !*is_over {
        // Where the starter does not listen the round is over.
        let _ = worker::say(&format!("lost {}", now()));
    }
}
