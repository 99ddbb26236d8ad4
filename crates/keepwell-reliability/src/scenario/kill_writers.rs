//! Writers are killed at random moments; afterwards every record must be explained by what they had acknowledged.
//!
//! A round is one writer, or two on the same records. A writer says *done* on a pipe when an operation has returned. It is killed a
//! random time after a random one. Then a store that was never open before reads all records, and a later writer must get
//! through at once. Rounds go on in the same folder, so what a dead writer left meets the next ones.

use std::path::Path;
use std::thread;
use std::time::Duration;

use keepwell_core::ErrorKind;
use keepwell_core::storage::Durability;

use super::{Order, Scenario, Verdict};
use crate::chance::Chance;
use crate::content::Tag;
use crate::failure::{Checked, Failure, demand};
use crate::figures::Figures;
use crate::ground::{Ground, Medium};
use crate::history::{Event, Fate, KEYS, Plan, Records, State, explain, left, state_of, succeed};
use crate::watch;
use crate::worker::{self, Worker};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "kill-writers",
    about: "kill -9 of writers at random moments, every record checked after each",
    gate_rounds: 10_000,
    run,
    work,
};

/// How many rounds go on in one folder.
const IN_ONE_FOLDER: u64 = 200;
/// How many operations a writer does at the most.
const OPERATIONS: usize = 200;
/// A kill -9 asks for nothing that a power cut would, and so the writers are as fast as can be.
const DURABILITIES: &[Durability] = &[Durability::None];
/// The number of the writer that comes after the killed ones.
const SUCCESSOR: u64 = 255;

fn run(order: &Order) -> Checked<Verdict> {
    let mut figures = Figures::default();
    for (number, first) in (0..order.rounds).step_by(IN_ONE_FOLDER as usize).enumerate() {
        let seed = order.seed + number as u64;
        let rounds = IN_ONE_FOLDER.min(order.rounds - first);
        let medium = if number % 10 == 9 { Medium::Disk } else { Medium::Memory };
        let ground = Ground::new(medium)?;
        let outcome = in_one_folder(order, seed, rounds, &ground.store(), &mut figures);
        ground.judge(outcome)?;
    }
    Ok(Verdict::Passed(figures))
}

fn in_one_folder(order: &Order, seed: u64, rounds: u64, folder: &Path, figures: &mut Figures) -> Checked<()> {
    let mut state: State = (0..KEYS).map(|key| (key, None)).collect();
    let mut crew = Crew::new(order)?;
    for round in 0..rounds {
        let replay = order.replay(&SCENARIO, round + 1, seed);
        watch::step(&replay);
        let outcome = Round { seed, round, folder, before: &state }.run(&mut crew, figures);
        state = outcome.map_err(|failure| failure.within(format!("round {round}")).with_replay(replay))?;
    }
    Ok(())
}

/// Workers that are started ahead, so that a round need not wait for one.
struct Crew<'a> {
    order: &'a Order,
    ready: Vec<Worker>,
}

impl<'a> Crew<'a> {
    fn new(order: &'a Order) -> Checked<Self> {
        let mut crew = Self { order, ready: Vec::new() };
        crew.fill_up()?;
        Ok(crew)
    }

    fn next(&mut self) -> Checked<Worker> {
        self.fill_up()?;
        Ok(self.ready.remove(0))
    }

    fn fill_up(&mut self) -> Checked<()> {
        while self.ready.len() < 3 {
            let command = worker::command(SCENARIO.name, self.order.mistake.as_deref())?;
            self.ready.push(Worker::start(command)?);
        }
        Ok(())
    }
}

/// One round.
struct Round<'a> {
    seed: u64,
    round: u64,
    folder: &'a Path,
    before: &'a State,
}

impl Round<'_> {
    /// Runs the round and hands out what is there after it.
    fn run(&self, crew: &mut Crew<'_>, figures: &mut Figures) -> Checked<State> {
        let mut chance = Chance::for_purpose(self.seed, self.round);
        let said = self.break_writers(crew, &mut chance)?;
        let histories: Vec<_> =
            (0..).zip(&said).map(|(writer, said)| self.history(writer, said)).collect::<Result<_, _>>()?;
        let found = state_of(self.folder)?;
        explain(self.before, &histories, &found).map_err(Failure::new)?;
        figures.add("rounds", 1);
        let count = |fate| histories.iter().flatten().filter(|event| event.fate == fate).count() as u64;
        figures.add("acknowledged", count(Fate::Done));
        figures.add("cut off", histories.len() as u64);
        figures.add("refused", count(Fate::Refused));
        self.succeed(&histories, found, figures)
    }

    /// Starts the writers and kills them; hands out what each has said.
    fn break_writers(&self, crew: &mut Crew<'_>, chance: &mut Chance) -> Checked<Vec<Vec<String>>> {
        let mut writers = vec![self.start(crew, 0)?];
        if chance.once_in(3) {
            writers.push(self.start(crew, 1)?);
        }
        // The next ones get ready while these work.
        crew.fill_up()?;
        let mut said = vec![Vec::new(); writers.len()];
        let victim = chance.index(writers.len());
        listen(&mut writers[victim], chance.index(6), &mut said[victim])?;
        thread::sleep(Duration::from_micros(chance.below(500)));
        let survivor = (writers.len() > 1).then(|| writers.remove(1 - victim));
        said[victim].extend(writers.remove(0).kill()?);
        if let Some(mut survivor) = survivor {
            // One that lives on is not held up by the dead one for long.
            listen(&mut survivor, chance.index(4), &mut said[1 - victim])?;
            said[1 - victim].extend(survivor.kill()?);
        }
        Ok(said)
    }

    fn start(&self, crew: &mut Crew<'_>, writer: u64) -> Checked<Worker> {
        let mut worker = crew.next()?;
        worker.tell(&format!("{} {} {writer} {}", self.seed, self.round, self.folder.display()))?;
        Ok(worker)
    }

    /// What became of the writer's operations, by what it said.
    fn history(&self, writer: u64, said: &[String]) -> Checked<Vec<Event>> {
        let plan = Plan::new(self.seed, self.round, writer, DURABILITIES).take(OPERATIONS);
        let fates = said.iter().map(|line| fate_of(line)).chain([Ok(Fate::Open)]);
        plan.zip(fates).map(|(operation, fate)| Ok(Event { operation, fate: fate? })).collect()
    }

    /// Has a later writer write over what was cut off, and sees that it gets through and that nothing is left behind.
    fn succeed(&self, histories: &[Vec<Event>], state: State, figures: &mut Figures) -> Checked<State> {
        let open = histories.iter().flatten().filter(|event| event.fate == Fate::Open);
        let mut keys: Vec<usize> = open.flat_map(|event| event.operation.keys()).collect();
        keys.sort_unstable();
        keys.dedup();
        let tag = Tag((self.round << 24) | (SUCCESSOR << 16));
        let (found, taken) = succeed(self.folder, state, &keys, tag)?;
        figures.most("slowest successor in ms:", taken.as_millis() as u64);
        demand(left(self.folder, "quarantine") == 0, || "a record was damaged and put into quarantine".to_owned())?;
        Ok(found)
    }
}

/// Listens to some lines of a worker, or fewer if it has no more to do.
fn listen(worker: &mut Worker, lines: usize, said: &mut Vec<String>) -> Checked<()> {
    for _ in 0..lines {
        said.extend(worker.listen()?);
    }
    Ok(())
}

fn fate_of(line: &str) -> Checked<Fate> {
    match line {
        "done" => Ok(Fate::Done),
        "refused" => Ok(Fate::Refused),
        "unknown" => Ok(Fate::Open),
        other => Err(Failure::new(format!("a writer could not write: {other}"))),
    }
}

/// Does the operations of a plan and says what came of each; stays until it is killed.
fn work(_: &[String]) -> Checked<()> {
    let order = worker::hear()?;
    let mut words = order.splitn(4, ' ');
    let mut number = || words.next().and_then(|word| word.parse::<u64>().ok()).ok_or_else(|| Failure::new("no number"));
    let plan = Plan::new(number()?, number()?, number()?, DURABILITIES).take(OPERATIONS);
    let records = Records::at(Path::new(words.next().unwrap_or_default()));
    for operation in plan {
        match records.perform(&operation) {
            Ok(()) => worker::say("done")?,
            Err(error) => match error.kind() {
                ErrorKind::Aborted | ErrorKind::LeaseLost => worker::say("refused")?,
                ErrorKind::CommitUnknown => worker::say("unknown")?,
                _ => worker::say(&error.report())?,
            },
        }
    }
    worker::hear().map(|_| ())
}
