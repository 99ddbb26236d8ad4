//! How often a transaction waits for the disk.

use super::{Order, Scenario, Verdict};
use crate::act::{self, BARRIERS, Stage};
use crate::failure::{Checked, Failure, demand};
use crate::figures::Figures;
use crate::ground::{Ground, Medium};
use crate::system_calls::Strace;
use crate::{watch, worker};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "sync-barriers",
    about: "a transaction of ten records that must last waits for the disk at most four times",
    gate_rounds: 1,
    run,
    work,
};

const FLUSHES: &[&str] = &["fsync", "fdatasync", "syncfs", "sync", "sync_file_range", "msync"];
const LIMIT: usize = 4;

fn run(order: &Order) -> Checked<Verdict> {
    if let Err(why) = Strace::is_possible() {
        return Ok(Verdict::NotPossible(why));
    }
    let mut figures = Figures::default();
    for case in BARRIERS {
        watch::step(case.name);
        let ground = Ground::new(Medium::Disk)?;
        let log = ground.path().join("calls");
        let strace = Strace { scenario: SCENARIO.name, mistake: order.mistake.as_deref(), log };
        let calls = Stage::new(case, strace, &ground)?.calls()?;
        let count = calls.iter().filter(|call| FLUSHES.contains(&call.name.as_str())).count();
        demand(count <= LIMIT, || format!("{}: it waits {count} times", case.name))?;
        figures.most(case.name, count as u64);
    }
    Ok(Verdict::Passed(figures))
}

fn work(arguments: &[String]) -> Checked<()> {
    act::play(BARRIERS, arguments)?.map_err(Failure::from)?;
    worker::say("done")
}
