//! A holder is killed while others wait: they get the lock one after another, the first soon.

use std::path::Path;
use std::thread;
use std::time::Duration;

use keepwell_core::id::Holder;
use keepwell_core::lock::lease::LeaseTerms;

use super::hand::{Hand, now, numbers};
use super::manager::{Which, key};
use super::redis::Server;
use super::side_by_side;
use super::spread::Spread;
use super::witness::{Stay, Witness, hand_overs};
use crate::chance::Chance;
use crate::failure::{Checked, Failure, demand};
use crate::figures::Figures;
use crate::ground::{Ground, Medium};
use crate::scenario::{Order, Scenario, Verdict};
use crate::{watch, worker};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "holder-killed",
    about: "kill -9 of whoever has a lock that others wait for: exactly one of them gets it, and soon",
    gate_rounds: 300,
    run,
    work,
};

const MANAGERS: [Which; 3] = [Which::Folder, Which::Storage, Which::Redis];
const LEASE: Duration = Duration::from_secs(1);
const LANES: u64 = 12;
const WAITERS: u64 = 2;
const DEADLINE: Duration = Duration::from_secs(30);
const END: Duration = Duration::from_secs(60);
/// How much later than promised a busy machine may be.
const TOLERANCE: Duration = Duration::from_millis(1500);
/// A holder that gives its lock back and takes it again is killed once in so many rounds.
const RESTLESS: u64 = 4;

fn run(order: &Order) -> Checked<Verdict> {
    if let Err(why) = Server::is_possible() {
        return Ok(Verdict::NotPossible(why));
    }
    let mut figures = Figures::default();
    for which in MANAGERS.into_iter().filter(|which| order.asks_for(which.name())) {
        let replay = order.replay_case(&SCENARIO, which.name());
        let ground = Ground::new(Medium::Memory)?;
        let outcome = with(order, which, ground.path(), &mut figures);
        ground.judge(outcome).map_err(|failure| failure.within(which.name()).with_replay(replay))?;
    }
    Ok(Verdict::Passed(figures))
}

fn with(order: &Order, which: Which, folder: &Path, figures: &mut Figures) -> Checked<()> {
    let (place, _server) = which.place(folder)?;
    let lanes = side_by_side::lanes(LANES, order.rounds, |rounds| {
        let mut lane = Lane { order, which, place: &place, folder, waiters: Vec::new(), spread: Spread::default() };
        for number in 0..WAITERS {
            lane.waiters.push(lane.start(&format!("waiter {number}"))?);
        }
        // The next holder gets ready while this one is killed.
        let mut next = lane.start("holder")?;
        for round in rounds {
            watch::step(order.replay_case(&SCENARIO, which.name()));
            let holder = std::mem::replace(&mut next, lane.start("holder")?);
            lane.round(round, holder).map_err(|failure| failure.within(format!("round {round}")))?;
        }
        Ok(lane.spread)
    })?;
    let mut spread = Spread::default();
    lanes.into_iter().for_each(|lane| spread.take_in(lane));
    let [p50, p99, slowest] = names(which);
    figures.add("rounds", spread.count());
    figures.most(p50, spread.percentile(50));
    figures.most(p99, spread.percentile(99));
    figures.most(slowest, spread.percentile(100));
    Ok(())
}

fn names(which: Which) -> [&'static str; 3] {
    match which {
        Which::Memory | Which::Folder => ["folder p50 in ms", "p99 in ms", "most in ms"],
        Which::Storage => ["storage p50", "storage p99", "storage most"],
        Which::Redis => ["Redis p50", "Redis p99", "Redis most"],
    }
}

struct Lane<'a> {
    order: &'a Order,
    which: Which,
    place: &'a str,
    folder: &'a Path,
    waiters: Vec<Hand>,
    spread: Spread,
}

impl Lane<'_> {
    fn start(&self, role: &str) -> Checked<Hand> {
        let mut command = worker::command(SCENARIO.name, self.order.mistake.as_deref())?;
        command.arg(self.which.name()).arg(self.place).arg(self.folder).arg(role);
        Hand::start(command)
    }

    fn round(&mut self, round: u64, mut holder: Hand) -> Checked<()> {
        let mut chance = Chance::for_purpose(self.order.seed, round);
        let is_restless = chance.once_in(RESTLESS);
        let name = format!("{}-{round}", self.which.name());
        holder.tell(&format!("{} {name}", if is_restless { "again-and-again" } else { "keep" }))?;
        holder.expect("held", END)?;
        self.waiters.iter_mut().try_for_each(|waiter| waiter.tell(&format!("wait {name}")))?;
        // Long enough for a renewal or two, where there are any.
        let longest = if self.which == Which::Folder { 50_000 } else { 1_500_000 };
        thread::sleep(Duration::from_micros(chance.below(longest)));
        let before = now();
        holder.kill()?;
        let dead = now();
        let stays = self.waiters.iter().zip(0..).map(|(waiter, who)| {
            let [began, entered, left] = numbers(&waiter.expect("had", END)?)?;
            Ok(Stay { began, entered, left, who })
        });
        let stays: Vec<Stay> = stays.collect::<Checked<_>>()?;
        self.judge(stays, before, dead, is_restless)
    }

    /// Whoever waited got the lock, not before it was free, one after another, and not much later.
    fn judge(&mut self, mut stays: Vec<Stay>, before: u64, dead: u64, is_restless: bool) -> Checked<()> {
        stays.sort_unstable_by_key(|stay| stay.entered);
        let limit = u64::try_from((self.limit() + TOLERANCE).as_nanos()).expect("it is short");
        let milliseconds = |from: u64, to: u64| to.saturating_sub(from) / 1_000_000;
        let first = stays[0];
        let early = milliseconds(first.entered, before);
        demand(is_restless || first.entered >= before, || format!("the lock was got {early} ms before it was free"))?;
        let mut free = dead;
        for stay in &stays {
            let taken = stay.entered.saturating_sub(free.max(stay.began));
            demand(taken <= limit, || format!("the lock was free and got {} ms later", taken / 1_000_000))?;
            free = free.max(stay.left);
        }
        self.spread.add(first.entered.saturating_sub(dead.max(first.began)));
        hand_overs(stays).map(drop)
    }

    fn limit(&self) -> Duration {
        let terms = LeaseTerms::of(LEASE).expect("it is not too short");
        self.which.takes_over_within(terms)
    }
}

fn work(arguments: &[String]) -> Checked<()> {
    let [which, place, folder, role] = arguments else { return Err(Failure::new("too few arguments")) };
    let manager = Which::named(which)?.open(place, LEASE)?;
    let holder = Holder::new(format!("{role} {}", std::process::id()));
    loop {
        let order = worker::hear()?;
        let (what, name) = order.split_once(' ').ok_or_else(|| Failure::new("nothing to do"))?;
        let key = key(name);
        let began = now();
        let is_granted = manager.acquire_lock(&key, &holder, Some(DEADLINE), None)?;
        let entered = now();
        demand(is_granted, || format!("the lock of {key} was not granted in {DEADLINE:?}"))?;
        match what {
            "wait" => {
                let witness = Witness::enter(Path::new(folder), name)?;
                thread::sleep(Duration::from_millis(5));
                let left = witness.leave()?;
                manager.release_lock(&key, &holder)?;
                worker::say(&format!("had {began} {entered} {left}"))?;
            }
            "keep" => worker::say("held")?,
            _ => {
                worker::say("held")?;
                loop {
                    manager.release_lock(&key, &holder)?;
                    manager.acquire_lock(&key, &holder, Some(DEADLINE), None)?;
                }
            }
        }
    }
}
