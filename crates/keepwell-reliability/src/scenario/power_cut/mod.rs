//! The power is cut under a writer; afterwards everything that was promised to last is there.
//!
//! The folder is on a file system of its own, in a file. A cut is the file system's own shutdown without a flush of its
//! journal: nothing that is not on the disk by then will ever be. Then it is mounted again as after any power cut.

mod disk;

use std::path::Path;
use std::thread;
use std::time::Duration;

use keepwell_core::storage::Durability;

use self::disk::Disk;
use super::{Order, Scenario, Verdict};
use crate::chance::Chance;
use crate::content::Tag;
use crate::failure::{Checked, Failure, demand};
use crate::figures::Figures;
use crate::ground::{Ground, Medium};
use crate::history::{Event, Fate, KEYS, Plan, Records, State, explain_power_cut, left, state_of, succeed};
use crate::watch;
use crate::worker::{self, Worker};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "power-cut",
    about: "the power is cut under a writer, on a file system in a file",
    gate_rounds: 100,
    run,
    work,
};

const DURABILITIES: &[Durability] = &[Durability::Ordered, Durability::Full];
const OPERATIONS: usize = 200;

fn run(order: &Order) -> Checked<Verdict> {
    let ground = Ground::new(Medium::Disk)?;
    let disk = match Disk::make(ground.path()) {
        Ok(disk) => disk,
        Err(why) => return Ok(Verdict::NotPossible(why)),
    };
    let mut figures = Figures::default();
    let outcome = cut_again_and_again(order, disk, &mut figures);
    ground.judge(outcome)?;
    Ok(Verdict::Passed(figures))
}

fn cut_again_and_again(order: &Order, mut disk: Disk, figures: &mut Figures) -> Checked<()> {
    let mut state: State = (0..KEYS).map(|key| (key, None)).collect();
    disk.mount()?;
    for round in 0..order.rounds {
        let replay = order.replay(&SCENARIO, round + 1, order.seed);
        watch::step(&replay);
        let outcome = one_round(order, round, &state, &mut disk, figures);
        state = outcome.map_err(|failure| failure.within(format!("round {round}")).with_replay(replay))?;
    }
    Ok(())
}

fn one_round(order: &Order, round: u64, before: &State, disk: &mut Disk, figures: &mut Figures) -> Checked<State> {
    let folder = disk.folder().join("store");
    let history = history(order.seed, round, &write_until_the_cut(order, round, &folder, disk)?);
    disk.mount_again()?;
    let found = state_of(&folder)?;
    explain_power_cut(before, &history, &found).map_err(Failure::new)?;
    figures.add("rounds", 1);
    figures.add("acknowledged", history.iter().filter(|event| event.fate == Fate::Done).count() as u64);
    let keys: Vec<usize> = (0..KEYS / 2).collect();
    let (state, _) = succeed(&folder, found, &keys, Tag((round << 24) | (255 << 16)))?;
    demand(left(&folder, "quarantine") == 0, || "a record was damaged and put into quarantine".to_owned())?;
    disk.flush()?;
    Ok(state)
}

/// Hands out what the writer had said.
fn write_until_the_cut(order: &Order, round: u64, folder: &Path, disk: &mut Disk) -> Checked<Vec<String>> {
    let mut chance = Chance::for_purpose(order.seed, round);
    let mut writer = Worker::start(worker::command(SCENARIO.name, order.mistake.as_deref())?)?;
    writer.tell(&format!("{} {round} {}", order.seed, folder.display()))?;
    let mut said = Vec::new();
    for _ in 0..chance.below(12) {
        said.extend(writer.listen()?);
    }
    thread::sleep(Duration::from_micros(chance.below(3000)));
    disk.cut()?;
    said.extend(writer.kill()?);
    Ok(said)
}

/// What became of the writer's operations: the first that failed met the cut.
fn history(seed: u64, round: u64, said: &[String]) -> Vec<Event> {
    let plan = Plan::new(seed, round, 0, DURABILITIES).take(OPERATIONS);
    let acknowledged = said.iter().take_while(|line| *line == "done").count();
    let fate = |index| if index < acknowledged { Fate::Done } else { Fate::Open };
    plan.enumerate().take(acknowledged + 1).map(|(index, operation)| Event { operation, fate: fate(index) }).collect()
}

/// Does the operations of a plan until one fails.
fn work(_: &[String]) -> Checked<()> {
    let order = worker::hear()?;
    let mut words = order.splitn(3, ' ');
    let mut number = || words.next().and_then(|word| word.parse::<u64>().ok()).ok_or_else(|| Failure::new("no number"));
    let plan = Plan::new(number()?, number()?, 0, DURABILITIES).take(OPERATIONS);
    let records = Records::at(Path::new(words.next().unwrap_or_default()));
    for operation in plan {
        match records.perform(&operation) {
            Ok(()) => worker::say("done")?,
            Err(error) => {
                worker::say(&error.report())?;
                break;
            }
        }
    }
    worker::hear().map(|_| ())
}
