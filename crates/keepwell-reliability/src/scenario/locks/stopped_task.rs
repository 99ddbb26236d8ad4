//! A task of the Rust front end is stopped for longer than its lease, in its body or while it ends; another run takes over, and
//! then the first goes on. Whoever asked has the same value in the end: that of the record.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use keepwell::prelude::*;
use keepwell_core::lock::LockManager;

use super::hand::Hand;
use super::manager::Which;
use super::redis::Server;
use super::side_by_side;
use super::writer::LEASE;
use crate::chance::Chance;
use crate::failure::{Checked, Failure, demand};
use crate::figures::Figures;
use crate::ground::{Ground, Medium};
use crate::scenario::{Order, Scenario, Verdict};
use crate::{watch, worker};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "task-stopped",
    about: "a task is stopped past its lease and goes on after another run has taken over: all get one value",
    gate_rounds: 100,
    run,
    work,
};

const MANAGERS: [Which; 2] = [Which::Storage, Which::Redis];
const LANES: u64 = 12;
const PATIENCE: Duration = Duration::from_secs(4);
const END: Duration = Duration::from_secs(90);

fn run(order: &Order) -> Checked<Verdict> {
    if let Err(why) = Server::is_possible() {
        return Ok(Verdict::NotPossible(why));
    }
    let mut figures = Figures::default();
    for which in MANAGERS.into_iter().filter(|which| order.asks_for(which.name())) {
        let replay = order.replay_case(&SCENARIO, which.name());
        let ground = Ground::new(Medium::Disk)?;
        let outcome = with(order, which, ground.path(), &mut figures);
        ground.judge(outcome).map_err(|failure| failure.within(which.name()).with_replay(replay))?;
    }
    Ok(Verdict::Passed(figures))
}

fn with(order: &Order, which: Which, folder: &Path, figures: &mut Figures) -> Checked<()> {
    let (place, _server) = which.place(folder)?;
    let lanes = side_by_side::lanes(LANES, order.rounds, |rounds| {
        let start = |role: &str| {
            let mut command = worker::command(SCENARIO.name, order.mistake.as_deref())?;
            command.env("HOME", folder).env("KEEPWELL_HOME", folder.join("home"));
            command.arg(which.name()).arg(&place).arg(role);
            Ok((role.to_owned(), Hand::start(command)?))
        };
        let mut hands = ["one", "other"].into_iter().map(start).collect::<Checked<Vec<_>>>()?;
        let mut figures = Figures::default();
        for number in rounds {
            watch::step(order.replay_case(&SCENARIO, which.name()));
            hands.swap(0, 1);
            let mut round = Round { number, chance: Chance::for_purpose(order.seed, number), hands: &mut hands };
            let outcome = round.run(&mut figures);
            outcome.map_err(|failure| failure.within(format!("round {number}")))?;
        }
        Ok(figures)
    })?;
    lanes.iter().for_each(|lane| figures.take_in(lane));
    Ok(())
}

/// One round: the first hand's run is stopped, the second's takes over.
struct Round<'a> {
    number: u64,
    chance: Chance,
    hands: &'a mut Vec<(String, Hand)>,
}

impl Round<'_> {
    fn run(&mut self, figures: &mut Figures) -> Checked<()> {
        let name = self.number.to_string();
        self.hands[0].1.tell(&name)?;
        self.hands[0].1.expect("body", END)?;
        let is_at_its_end = self.chance.once_in(2);
        if is_at_its_end {
            self.hands[0].1.tell("go")?;
            thread::sleep(Duration::from_micros(self.chance.below(5000)));
        }
        self.hands[0].1.stop()?;
        self.hands[1].1.tell(&name)?;
        let said = self.hands[1].1.listen(PATIENCE)?;
        let second_first = self.chance.once_in(2);
        if !second_first || said.is_none() {
            self.go_on(is_at_its_end)?;
        }
        let said = said.map_or_else(|| self.hands[1].1.expect("", END), Ok)?;
        let second = if said == "body" {
            thread::sleep(Duration::from_micros(self.chance.below(5000)));
            self.hands[1].1.tell("go")?;
            if second_first {
                self.go_on(is_at_its_end)?;
            }
            self.hands[1].1.expect("", END)?
        } else {
            if second_first {
                self.go_on(is_at_its_end)?;
            }
            said
        };
        let first = self.hands[0].1.expect("", END)?;
        self.judge(&first, &second, figures)
    }

    fn go_on(&mut self, is_at_its_end: bool) -> Checked<()> {
        self.hands[0].1.go_on()?;
        if is_at_its_end { Ok(()) } else { self.hands[0].1.tell("go") }
    }

    /// Each has the value of the record, which one of the two has made; the other one says that it is.
    fn judge(&mut self, first: &str, second: &str, figures: &mut Figures) -> Checked<()> {
        self.hands[1].1.tell(&self.number.to_string())?;
        let again = self.hands[1].1.expect("", END)?;
        let (_, record) = again.rsplit_once(' ').ok_or_else(|| Failure::new(format!("a run said `{again}`")))?;
        let (made, found) = (format!("Completed() {record}"), format!("Cached(type=COMPLETED) {record}"));
        figures.add("rounds", 1);
        demand(again == found, || format!("a later run said `{again}`"))?;
        let has_taken_over = record == self.hands[1].0;
        let agree = if has_taken_over { first == found && second == made } else { first == made && second == found };
        figures.add(if has_taken_over { "newer record adopted" } else { "committed before the end" }, 1);
        demand(agree, || {
            format!("the stopped run said `{first}`, the newer one `{second}`, and the record is `{record}`")
        })
    }
}

static MANAGER: OnceLock<Arc<dyn LockManager>> = OnceLock::new();
static ROLE: OnceLock<String> = OnceLock::new();

fn policy() -> CachePolicy {
    let manager = MANAGER.get().expect("it is set before the task is called");
    INPUTS.isolation_level(IsolationLevel::Serializable).lock_manager(Arc::clone(manager))
}

/// Says that it is at work, goes on when it is told, and returns who it is.
#[task(cache_policy = policy())]
fn work_on(round: u64) -> String {
    let go_on = worker::say("body").and_then(|()| worker::hear());
    go_on.unwrap_or_else(|_| panic!("nobody waits for round {round}"));
    ROLE.get().expect("it is set before the task is called").clone()
}

fn work(arguments: &[String]) -> Checked<()> {
    let [which, place, role] = arguments else { return Err(Failure::new("too few arguments")) };
    MANAGER.get_or_init(|| Which::named(which).and_then(|which| which.open(place, LEASE)).expect("it can be opened"));
    ROLE.get_or_init(|| role.clone());
    loop {
        let [round] = super::hand::numbers(&worker::hear()?)?;
        let run = work_on::bind(round).state();
        let state = run.to_string();
        let value = run.result().unwrap_or_else(|error| format!("<{error}>"));
        worker::say(&format!("{state} {value}"))?;
    }
}
