//! Many processes on a few locks: never two at once, and a lock that is given back goes on soon.
//!
//! The witness is a file in the place of each key which must not be there yet, and then everybody's own account of when it
//! had which lock.

use std::fmt::Write;
use std::path::Path;
use std::thread;
use std::time::Duration;

use keepwell_core::id::Holder;
use keepwell_core::lock::LockManager;

use super::hand::{Hand, now, numbers};
use super::manager::{Which, key};
use super::redis::Server;
use super::spread::Spread;
use super::witness::{Stay, Witness, hand_overs};
use crate::chance::Chance;
use crate::failure::{Checked, Failure, demand};
use crate::figures::Figures;
use crate::ground::{Ground, Medium};
use crate::scenario::{Order, Scenario, Verdict};
use crate::{watch, worker};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "lock-contention",
    about: "six processes on four locks of each lock manager: never two at once, and handed over soon",
    gate_rounds: 20_000,
    run,
    work,
};

const WORKERS: u64 = 6;
const KEYS: usize = 4;
/// No process is held up for so long here that its lease could run out.
const LEASE: Duration = Duration::from_secs(30);
const DEADLINE: Duration = Duration::from_secs(20);
const END: Duration = Duration::from_secs(170);

/// How soon 99 of 100 locks go on, and how much later than that a busy machine may be.
fn hand_over_limit(which: Which) -> Duration {
    Duration::from_millis(match which {
        Which::Memory | Which::Folder => 50,
        Which::Redis => 100,
        // It looks every 50 to 100 ms.
        Which::Storage => 200,
    })
}
const TOLERANCE: u32 = 5;

fn run(order: &Order) -> Checked<Verdict> {
    if let Err(why) = Server::is_possible() {
        return Ok(Verdict::NotPossible(why));
    }
    let mut figures = Figures::default();
    for which in Which::ALL.into_iter().filter(|which| order.asks_for(which.name())) {
        let replay = order.replay_case(&SCENARIO, which.name());
        let ground = Ground::new(Medium::Memory)?;
        let outcome = contend(order, which, ground.path(), &mut figures);
        ground.judge(outcome).map_err(|failure| failure.within(which.name()).with_replay(replay))?;
    }
    Ok(Verdict::Passed(figures))
}

fn contend(order: &Order, which: Which, folder: &Path, figures: &mut Figures) -> Checked<()> {
    let (place, _server) = which.place(folder)?;
    // Locks in memory are of one process, and so there it is its threads that contend.
    let (processes, threads) = if which == Which::Memory { (1, WORKERS) } else { (WORKERS, 1) };
    let count = order.rounds.div_ceil(WORKERS);
    let mut hands = Vec::new();
    for number in 0..processes {
        let mut command = worker::command(SCENARIO.name, order.mistake.as_deref())?;
        command.arg(which.name()).arg(&place).arg(folder);
        command.args([order.seed, number, threads, count].map(|number| number.to_string()));
        hands.push(Hand::start(command)?);
    }
    for hand in &hands {
        hand.expect("ready", END)?;
    }
    hands.iter_mut().try_for_each(|hand| hand.tell("go"))?;
    for hand in &hands {
        watch::step(order.replay_case(&SCENARIO, which.name()));
        hand.expect("done", END)?;
    }
    judge(which, folder, figures)
}

fn judge(which: Which, folder: &Path, figures: &mut Figures) -> Checked<()> {
    let (mut spread, mut longest, mut stays) = (Spread::default(), 0, 0);
    let mut by_key: Vec<Vec<Stay>> = vec![Vec::new(); KEYS];
    for who in 0..WORKERS {
        for line in std::fs::read_to_string(folder.join(format!("stays-{who}")))?.lines() {
            let [key, began, entered, left] = numbers(line)?;
            let key = usize::try_from(key).map_err(|error| Failure::new(error.to_string()))?;
            by_key[key].push(Stay { began, entered, left, who });
            longest = longest.max(entered - began);
            stays += 1;
        }
    }
    for stays in by_key {
        hand_overs(stays)?.into_iter().for_each(|taken| spread.add(taken));
    }
    let [acquisitions, p50, p99, wait] = names(which);
    let limit = hand_over_limit(which) * TOLERANCE;
    let slow = spread.percentile(99);
    figures.add(acquisitions, stays);
    figures.most(p50, spread.percentile(50));
    figures.most(p99, slow);
    figures.most(wait, longest.div_ceil(1_000_000));
    demand(spread.count() > stays / 20, || format!("only {} of {stays} locks changed hands", spread.count()))?;
    demand(u128::from(slow) <= limit.as_millis(), || format!("a hand-over takes {slow} ms (99 of 100)"))
}

fn names(which: Which) -> [&'static str; 4] {
    match which {
        Which::Memory => ["in memory", "p50 in ms", "p99 in ms", "longest wait in ms"],
        Which::Folder => ["in a folder", "folder p50", "folder p99", "folder longest wait"],
        Which::Storage => ["in a storage", "storage p50", "storage p99", "storage longest wait"],
        Which::Redis => ["in Redis", "Redis p50", "Redis p99", "Redis longest wait"],
    }
}

/// Takes and gives back locks as often as it is told.
struct Contender<'a> {
    manager: &'a dyn LockManager,
    folder: &'a Path,
    seed: u64,
    who: u64,
}

fn work(arguments: &[String]) -> Checked<()> {
    let [which, place, folder, counts @ ..] = arguments else { return Err(Failure::new("too few arguments")) };
    let [seed, number, threads, count] = numbers(&counts.join(" "))?;
    let manager = Which::named(which)?.open(place, LEASE)?;
    worker::say("ready")?;
    worker::hear()?;
    thread::scope(|scope| {
        let contenders: Vec<_> = (0..threads)
            .map(|thread| {
                let who = number * threads + thread;
                let contender = Contender { manager: &*manager, folder: Path::new(folder), seed, who };
                scope.spawn(move || contender.contend(count))
            })
            .collect();
        contenders.into_iter().try_for_each(|thread| thread.join().expect("it does not panic"))
    })
    .or_else(|failure| worker::say(&format!("failed {failure}")))?;
    worker::say("done")
}

impl Contender<'_> {
    fn contend(&self, count: u64) -> Checked<()> {
        let mut chance = Chance::for_purpose(self.seed, self.who);
        let mut stays = String::new();
        for turn in 0..count {
            let number = chance.index(KEYS);
            let stay = self.stay(number, turn, &mut chance)?;
            let _ = writeln!(stays, "{number} {} {} {}", stay.began, stay.entered, stay.left);
        }
        Ok(std::fs::write(self.folder.join(format!("stays-{}", self.who)), stays)?)
    }

    fn stay(&self, number: usize, turn: u64, chance: &mut Chance) -> Checked<Stay> {
        let (key, holder) = (key(number), Holder::new(format!("{} {turn}", self.who)));
        let began = now();
        let is_granted = self.manager.acquire_lock(&key, &holder, Some(DEADLINE), None)?;
        demand(is_granted, || format!("the lock of {key} was not granted in {DEADLINE:?}"))?;
        let entered = now();
        let witness = Witness::enter(self.folder, number)?;
        if chance.once_in(4) {
            thread::sleep(Duration::from_micros(chance.below(300)));
        }
        let left = witness.leave()?;
        self.manager.release_lock(&key, &holder)?;
        Ok(Stay { began, entered, left, who: self.who })
    }
}
