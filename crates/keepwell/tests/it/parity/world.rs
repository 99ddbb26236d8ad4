//! Where a scenario takes place: a folder, its tasks and flows, and what has happened so far.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use keepwell::calling::{self, Call};
use keepwell::settings::{self, Overrides};
use keepwell::task::Task;
use parking_lot::Mutex;
use serde_json::{Map, Value};
use tempfile::TempDir;

use super::call::{Arguments, body, table};
use super::damage::{damage, names};
use super::definition::{self, Callable};
use super::expectation::{Outcome, complaints};
use super::log::Log;
use super::scenario::{Definition, Scenario};
use super::step::Step;
use super::transaction;

/// Where a scenario takes place.
pub(super) struct World {
    home: TempDir,
    log: Log,
    flows: BTreeMap<String, Definition>,
    tasks: Mutex<BTreeMap<String, Defined>>,
    runs: Mutex<BTreeMap<String, u32>>,
    meeting: Mutex<Arc<Barrier>>,
    complaints: Mutex<Vec<String>>,
}

/// A task, and how it was written: a `change` replaces single options.
#[derive(Clone)]
struct Defined {
    written: Map<String, Value>,
    task: Arc<Callable<Task>>,
}

impl World {
    /// Plays a scenario from its beginning to its end, and says what went otherwise.
    pub(super) fn play(scenario: Scenario) -> Vec<String> {
        let world = Self {
            home: tempfile::tempdir().unwrap(),
            log: Log::default(),
            flows: scenario.flows,
            tasks: Mutex::default(),
            runs: Mutex::default(),
            meeting: Mutex::new(Arc::new(Barrier::new(1))),
            complaints: Mutex::default(),
        };
        let storage = world.folder("storage").to_str().unwrap().to_owned();
        let overrides = overrides(&scenario.settings).set("KEEPWELL_RESULTS_LOCAL_STORAGE_PATH", storage).unwrap();
        let play = || {
            scenario.tasks.into_iter().for_each(|(name, written)| world.define(name, written));
            for (number, step) in scenario.steps.iter().enumerate() {
                let start = world.log.len();
                world.perform(step, 0, &number.to_string());
                let surprises = world.log.surprises(start);
                world.complain(&number.to_string(), surprises.into_iter().map(|line| format!("said `{line}`")));
            }
        };
        world.log.listen(|| settings::with_overrides(&overrides, play)).unwrap();
        world.complaints.into_inner()
    }

    /// A folder of the scenario's own.
    pub(super) fn folder(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Counts a run of a body, and gives its number, from 1.
    pub(super) fn count(&self, name: &str) -> u32 {
        let mut runs = self.runs.lock();
        let number = runs.entry(name.to_owned()).or_default();
        *number += 1;
        *number
    }

    /// Waits until every body that is to meet the others has begun.
    pub(super) fn meet(&self) {
        let meeting = Arc::clone(&self.meeting.lock());
        meeting.wait();
    }

    /// Performs steps inside a body, which has run `repetition` times before, or inside a transaction.
    pub(super) fn perform_all(&self, steps: &[Step], repetition: usize) {
        for (number, step) in steps.iter().enumerate() {
            self.perform(step, repetition, &format!("inner {number}"));
        }
    }

    /// Performs a step, and compares what comes of it with what was expected. Gives the state's name.
    fn perform(&self, step: &Step, repetition: usize, place: &str) -> Option<String> {
        let start = self.log.len();
        let outcome = settings::with_overrides(&overrides(&step.settings), || self.act(step, repetition)).unwrap();
        let what = step.call.as_ref().or(step.flow.as_ref()).map_or("", String::as_str);
        self.complain(&format!("{place} {what}"), complaints(step, &outcome, repetition, &self.log, start));
        outcome.name
    }

    fn act(&self, step: &Step, repetition: usize) -> Outcome {
        if let Some(name) = &step.call {
            self.call(step, name, &self.defined(name).task)
        } else if let Some(name) = &step.flow {
            let unsaid = Definition::default();
            self.call(step, name, &definition::flow(name, self.flows.get(name).unwrap_or(&unsaid), self))
        } else if let Some(block) = &step.transaction {
            transaction::perform(self, step, block, repetition)
        } else if let Some(steps) = &step.together {
            self.perform_together(steps)
        } else {
            self.tamper(step);
            Outcome::default()
        }
    }

    fn call<D: calling::Definition>(&self, step: &Step, name: &str, callable: &Callable<D>) -> Outcome {
        let arguments = Arguments::new(self, step, name, callable.parameters, callable.returns);
        let runs = arguments.runs();
        let state = Call::new(callable.defined, table(), body, arguments).state();
        let (name, message) = (Some(state.name().to_owned()), state.message().map(str::to_owned));
        let value = state.result().ok().and_then(Result::ok).map(|returned| returned.written());
        Outcome { name, message, value, runs: Some(runs.load(Ordering::SeqCst)), error: None }
    }

    /// Performs each step in a thread of its own. What came of them is one name: theirs, in order.
    fn perform_together(&self, steps: &[Step]) -> Outcome {
        let meeting = steps.iter().filter(|step| step.meet).count();
        *self.meeting.lock() = Arc::new(Barrier::new(meeting));
        let settings = settings::current();
        let in_thread = |step| {
            let perform = || settings::with(Arc::clone(&settings), || self.perform(step, 0, "together"));
            self.log.listen(perform)
        };
        let mut names: Vec<String> = thread::scope(|scope| {
            let threads: Vec<_> = steps.iter().map(|step| scope.spawn(move || in_thread(step))).collect();
            threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect()
        });
        names.sort();
        Outcome { name: Some(names.join(" ")), ..Outcome::default() }
    }

    /// Does what is no call: to the code, the clock or the files.
    fn tamper(&self, step: &Step) {
        let folder = self.folder(step.folder.as_deref().unwrap_or("storage"));
        if let Some(name) = &step.change {
            let mut written = self.defined(name).written;
            written.extend(step.to.clone());
            self.define(name.clone(), written);
        } else if let Some(seconds) = step.wait {
            thread::sleep(Duration::from_secs_f64(seconds));
        } else if let Some(how) = &step.damage {
            let nothing = (!damage(how, &folder)).then(|| format!("there is nothing to {how} in {}", folder.display()));
            self.complain("damage", nothing);
        } else if let Some(expected) = &step.records {
            let names = names(&folder);
            let is_so =
                if expected.is_array() { expected == &Value::from(names.clone()) } else { expected == names.len() };
            self.complain("records", (!is_so).then(|| format!("there are {names:?}, not {expected}")));
        } else {
            panic!("a step that says nothing to do");
        }
    }

    fn define(&self, name: String, written: Map<String, Value>) {
        let task = definition::task(&name, &Definition::of(&written), self);
        self.tasks.lock().insert(name, Defined { written, task: Arc::new(task) });
    }

    fn defined(&self, name: &str) -> Defined {
        self.tasks.lock().get(name).unwrap_or_else(|| panic!("there is no task `{name}`")).clone()
    }

    fn complain(&self, place: &str, complaints: impl IntoIterator<Item = String>) {
        let complaints = complaints.into_iter().map(|complaint| format!("step {place}: {complaint}"));
        self.complaints.lock().extend(complaints);
    }
}

fn overrides(written: &Map<String, Value>) -> Overrides {
    written.iter().fold(Overrides::new(), |overrides, (name, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        overrides.set(name, text).unwrap()
    })
}
