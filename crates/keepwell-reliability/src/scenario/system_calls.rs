//! A process is killed at every system call of every act; afterwards the act has happened whole or not at all.

use super::{Order, Scenario, Verdict};
use crate::act::{self, CASES, Case, Stage};
use crate::chance::Chance;
use crate::failure::{Checked, Failure, demand};
use crate::figures::Figures;
use crate::ground::{Ground, Medium};
use crate::system_calls::{Blow, Call, Strace};
use crate::{watch, worker};

pub(crate) static SCENARIO: Scenario =
    Scenario { name: "system-calls", about: "kill -9 at every system call of every act", gate_rounds: 1, run, work };

/// With how many deaths of a writer a thorough run combines those of whoever comes after it.
const PAIRS: usize = 20;
/// How often a blow may miss, because the process made other calls than the time before.
const ATTEMPTS: usize = 3;

fn run(order: &Order) -> Checked<Verdict> {
    if let Err(why) = Strace::is_possible() {
        return Ok(Verdict::NotPossible(why));
    }
    let mut figures = Figures::default();
    for case in CASES.iter().filter(|case| order.asks_for(case.name)) {
        watch::step(format!("system-calls, {}", case.name));
        let ground = Ground::new(Medium::Memory)?;
        let outcome = kill_at_every_call(order, case, &ground, &mut figures);
        ground.judge(
            outcome.map_err(|failure| failure.within(case.name).with_replay(order.replay_case(&SCENARIO, case.name))),
        )?;
        figures.add("acts", 1);
    }
    if order.is_thorough && order.case.is_none() {
        kill_pairs(order, &mut figures)?;
    }
    Ok(Verdict::Passed(figures))
}

/// Kills a writer at some call, and then whoever comes after it at every call.
fn kill_pairs(order: &Order, figures: &mut Figures) -> Checked<()> {
    let mut chance = Chance::for_purpose(order.seed, 0);
    let successors: Vec<&Case> = CASES.iter().filter(|case| case.leftover.is_some()).collect();
    for _ in 0..PAIRS {
        let case = successors[chance.index(successors.len())].after_death_at(chance.below(1000));
        watch::step(format!("system-calls, a pair of seed {}, {case:?}", order.seed));
        let ground = Ground::new(Medium::Memory)?;
        let mut counted = Figures::default();
        let outcome = kill_at_every_call(order, &case, &ground, &mut counted);
        ground.judge(outcome.map_err(|failure| failure.within(format!("{case:?}"))))?;
        figures.add("pairs", counted.value("boundaries"));
    }
    Ok(())
}

fn kill_at_every_call(order: &Order, case: &Case, ground: &Ground, figures: &mut Figures) -> Checked<()> {
    let log = ground.path().join("calls");
    let strace = Strace { scenario: SCENARIO.name, mistake: order.mistake.as_deref(), log };
    let stage = Stage::new(case, strace, ground)?;
    for call in stage.calls()? {
        kill_at(&stage, &call).map_err(|failure| failure.within(format!("killed at {}", call.text)))?;
        figures.add("boundaries", 1);
    }
    Ok(())
}

fn kill_at(stage: &Stage<'_>, call: &Call) -> Checked<()> {
    for _ in 0..ATTEMPTS {
        let ended = stage.strike(call, Blow::Kill)?;
        if ended.was_struck {
            // When the mark at the end is made the act has returned.
            return stage.judge(!call.is_end(), true);
        }
        demand(ended.has_succeeded, || format!("it failed by itself: {:?} {}", ended.said, ended.complaint))?;
    }
    Err(Failure::new("the process was never killed there: it makes other calls each time"))
}

fn work(arguments: &[String]) -> Checked<()> {
    act::play(CASES, arguments)?.map_err(Failure::from)?;
    worker::say("done")
}
