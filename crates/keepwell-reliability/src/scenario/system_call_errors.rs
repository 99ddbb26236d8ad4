//! Every system call of every act fails in turn, in each of six ways: with nothing lost, with an error that says so, and with
//! nothing left behind.

use std::fs;

use super::{Order, Scenario, Verdict};
use crate::act::{self, CASES, Case, Stage};
use crate::failure::{Checked, Failure, demand};
use crate::figures::Figures;
use crate::ground::{Ground, Medium};
use crate::history::left;
use crate::system_calls::{Blow, Call, Ended, Strace};
use crate::{watch, worker};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "system-call-errors",
    about: "an error at every system call of every act",
    gate_rounds: 0,
    run,
    work,
};

/// The errors and their numbers.
const ERRORS: &[(&str, u32)] =
    &[("EIO", 5), ("ENOSPC", 28), ("EROFS", 30), ("EACCES", 13), ("EMFILE", 24), ("EINTR", 4)];

/// What asks for memory or time or waits: no storage fails there, and a program that gets no memory ends.
const OTHERS: &[&str] = &[
    "brk",
    "clock_nanosleep",
    "futex",
    "getrandom",
    "madvise",
    "mmap",
    "mprotect",
    "mremap",
    "munmap",
    "rt_sigaction",
    "rt_sigprocmask",
    "sched_yield",
    "sigaltstack",
];

fn run(order: &Order) -> Checked<Verdict> {
    if let Err(why) = Strace::is_possible() {
        return Ok(Verdict::NotPossible(why));
    }
    let mut figures = Figures::default();
    for case in CASES.iter().filter(|case| order.asks_for(case.name)) {
        let ground = Ground::new(Medium::Memory)?;
        let outcome = fail_at_every_call(order, case, &ground, &mut figures);
        ground.judge(
            outcome.map_err(|failure| failure.within(case.name).with_replay(order.replay_case(&SCENARIO, case.name))),
        )?;
        figures.add("acts", 1);
    }
    Ok(Verdict::Passed(figures))
}

fn fail_at_every_call(order: &Order, case: &Case, ground: &Ground, figures: &mut Figures) -> Checked<()> {
    let log = ground.path().join("calls");
    let strace = Strace { scenario: SCENARIO.name, mistake: order.mistake.as_deref(), log };
    let stage = Stage::new(case, strace, ground)?;
    for call in stage.calls()?.iter().filter(|call| !call.is_end() && !OTHERS.contains(&call.name.as_str())) {
        figures.add("sites", 1);
        for (name, number) in ERRORS {
            for blow in blows(call, name) {
                watch::step(format!("system-call-errors, {}, {} {blow:?}", case.name, call.text));
                let ended = stage.strike(call, blow)?;
                let outcome = judge(&stage, call, &ended, &cause(blow, *number), figures);
                outcome.map_err(|failure| failure.within(format!("{blow:?} at {}", call.text)))?;
            }
        }
    }
    Ok(())
}

/// Every error once, and a broken or full disk also again and again; what is not closed is not left open by keepwell.
fn blows(call: &Call, error: &'static str) -> Vec<Blow> {
    let once = Blow::Error(error);
    let may_last = ["EIO", "ENOSPC"].contains(&error) && call.name != "close";
    if may_last { vec![once, Blow::ErrorsFromThenOn(error)] } else { vec![once] }
}

/// What the report must name: of several errors in a row it may be another one that the first led to.
fn cause(blow: Blow, number: u32) -> String {
    match blow {
        Blow::Error(_) => format!("(os error {number})"),
        Blow::Kill | Blow::ErrorsFromThenOn(_) => "(os error".to_owned(),
    }
}

fn judge(stage: &Stage<'_>, call: &Call, ended: &Ended, cause: &str, figures: &mut Figures) -> Checked<()> {
    demand(ended.was_struck, || "the call was not made again".to_owned())?;
    demand(ended.has_succeeded, || format!("the process died: {}", ended.complaint.trim()))?;
    let [outcome, descriptors] = ended.said.as_slice() else {
        return Err(Failure::new(format!("it said {:?}", ended.said)));
    };
    // What fails to be closed or removed stays.
    let is_left = |kind: &str| usize::from(call.name == kind);
    demand(descriptors.parse().is_ok_and(|more: usize| more <= is_left("close")), || {
        format!("{descriptors} descriptors are left open")
    })?;
    let temporary = left(&stage.folder(), "tmp").saturating_sub(left(&stage.beginning(), "tmp"));
    demand(temporary <= is_left("unlinkat"), || format!("{temporary} temporary files are left"))?;
    figures.add(if outcome == "done" { "overcome" } else { "reported" }, 1);
    match outcome.split_once(' ') {
        None => stage.judge(false, true),
        Some((kind, report)) => {
            let is_typed = ["Storage", "StorageFull", "ReadOnly", "CommitUnknown", "Aborted"].contains(&kind);
            demand(is_typed, || format!("an error of another kind: {outcome}"))?;
            demand(report.contains(cause), || format!("the cause is not named: {outcome}"))?;
            stage.judge(true, kind == "CommitUnknown")
        }
    }
}

/// Acts; says what came of it, and how many descriptors are open that were not.
fn work(arguments: &[String]) -> Checked<()> {
    let before = open_descriptors();
    let outcome = act::play(CASES, arguments)?;
    let after = open_descriptors();
    match outcome {
        Ok(()) => worker::say("done")?,
        Err(error) => worker::say(&format!("{:?} {}", error.kind(), error.report()))?,
    }
    worker::say(&after.saturating_sub(before).to_string())
}

/// Asked one by one, by a call that storages do not make: others may fail here.
fn open_descriptors() -> usize {
    (0..256).filter(|number| fs::read_link(format!("/proc/self/fd/{number}")).is_ok()).count()
}
